//! What a request may use at a vendor beyond a plain answer to plain text. Each is a place where information
//! stays longer, goes further or is of another nature, so each must be named by the agreement.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A feature of a vendor's service that an agreement must name to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The vendor keeps requests or answers for later calls.
    StoredState,
    /// The vendor works on after the call has returned.
    Background,
    /// The model searches the web.
    WebSearch,
    /// The model fetches pages from the web.
    WebFetch,
    /// The vendor calls tool servers of third parties.
    RemoteMcp,
    /// The vendor indexes and searches uploaded files.
    FileSearch,
    /// The vendor runs code.
    CodeExecution,
    /// The model drives a screen, a keyboard or a shell.
    ComputerUse,
    /// The model makes pictures.
    ImageGeneration,
    /// Pictures go in.
    Images,
    /// Sound goes in or comes out.
    Audio,
    /// Film goes in.
    Video,
    /// Files go in.
    Files,
    /// The vendor keeps parts of the prompt to answer faster next time.
    PromptCaching,
    /// Requests are queued for later.
    Batch,
}

impl Feature {
    /// Every feature, in the order of the declaration.
    pub const ALL: [Feature; 15] = [
        Feature::StoredState,
        Feature::Background,
        Feature::WebSearch,
        Feature::WebFetch,
        Feature::RemoteMcp,
        Feature::FileSearch,
        Feature::CodeExecution,
        Feature::ComputerUse,
        Feature::ImageGeneration,
        Feature::Images,
        Feature::Audio,
        Feature::Video,
        Feature::Files,
        Feature::PromptCaching,
        Feature::Batch,
    ];

    /// Says whether it carries content that the screen does not read: faces, voices, and text in pictures and files.
    #[must_use]
    pub fn is_unread(self) -> bool {
        matches!(
            self,
            Feature::Images | Feature::Audio | Feature::Video | Feature::Files
        )
    }

    /// Returns the name in commands, files and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Feature::StoredState => "stored-state",
            Feature::Background => "background",
            Feature::WebSearch => "web-search",
            Feature::WebFetch => "web-fetch",
            Feature::RemoteMcp => "remote-mcp",
            Feature::FileSearch => "file-search",
            Feature::CodeExecution => "code-execution",
            Feature::ComputerUse => "computer-use",
            Feature::ImageGeneration => "image-generation",
            Feature::Images => "images",
            Feature::Audio => "audio",
            Feature::Video => "video",
            Feature::Files => "files",
            Feature::PromptCaching => "prompt-caching",
            Feature::Batch => "batch",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such feature; the features are stored-state, background, web-search, web-fetch, remote-mcp, file-search, code-execution, computer-use, image-generation, images, audio, video, files, prompt-caching and batch"
)]
pub struct UnknownFeature;

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(text: &str) -> Result<Feature, UnknownFeature> {
        Feature::ALL
            .into_iter()
            .find(|feature| feature.as_str() == text)
            .ok_or(UnknownFeature)
    }
}
