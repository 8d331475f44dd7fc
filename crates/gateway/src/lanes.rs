//! The texts of a streamed answer: each event's pieces go through their lanes, and what comes out of them goes on.
//! Events without text pass at once; a text that ends gives up what was held back before the event that ends it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use covenant_formats::json::{Json, Limits, Path, object, parse};

use crate::answer::{AnswerFault, walk};
use crate::dialect::{Ends, Streaming};
use crate::inspect::{Constraint, Inspector, Lane, Writing};
use crate::sse::SseEvent;
use crate::table::{Rule, Table};
use crate::upstream::UpstreamFault;

/// The texts of one streamed answer.
pub(crate) struct Lanes {
    streaming: Box<dyn Streaming>,
    pub(crate) inspector: Inspector,
    structure: Option<Arc<Constraint>>,
    lanes: BTreeMap<String, Open>,
    limits: Limits,
    /// Bytes of text that may still come.
    room_bytes: usize,
    /// Characters that each event left held back, for the metrics.
    pub(crate) held: Vec<usize>,
}

/// A text that has begun.
struct Open {
    lane: Lane,
    /// The last event that had a piece of it, and where.
    like: Json,
    path: Path,
    /// The vendor's own words, kept for what it signs.
    words: String,
}

/// Why a stream cannot go on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Halt {
    /// The vendor's fault.
    Upstream(UpstreamFault),
    /// Something has to go, and what is left would break what the caller's program reads.
    Withheld(Path),
}

impl From<UpstreamFault> for Halt {
    fn from(fault: UpstreamFault) -> Halt {
        Halt::Upstream(fault)
    }
}

impl From<AnswerFault> for Halt {
    fn from(fault: AnswerFault) -> Halt {
        match fault {
            AnswerFault::Malformed => Halt::Upstream(UpstreamFault::Malformed),
            AnswerFault::Broken(path) => Halt::Withheld(path),
        }
    }
}

/// What goes on to the caller.
pub(crate) enum Step {
    /// These events, now.
    Go(Vec<SseEvent>),
    /// These events now, and the last message once the answer is recorded.
    Last(Vec<SseEvent>, SseEvent),
}

/// The most texts of one answer.
const MOST_LANES: usize = 1024;
/// The last message of OpenAI's older streams.
const DONE: &str = "[DONE]";

/// A piece of text found in an event.
struct Piece {
    rule: Rule,
    path: Path,
    text: String,
}

impl Lanes {
    pub(crate) fn new(
        streaming: Box<dyn Streaming>,
        inspector: Inspector,
        structure: Option<Arc<Constraint>>,
        limits: Limits,
        room_bytes: usize,
    ) -> Lanes {
        let lanes = BTreeMap::new();
        Lanes {
            streaming,
            inspector,
            structure,
            lanes,
            limits,
            room_bytes,
            held: Vec::new(),
        }
    }

    /// Takes one event of the vendor.
    pub(crate) fn take(&mut self, table: &Table, event: &SseEvent) -> Result<Step, Halt> {
        if event.data == DONE {
            let mut out = Vec::new();
            self.end(&Ends::All, &[], &mut out)?;
            return Ok(Step::Last(out, SseEvent::data(DONE)));
        }
        let mut json =
            parse(event.data.as_bytes(), self.limits).map_err(|_| UpstreamFault::Malformed)?;
        if self.streaming.is_error(&json) {
            return Err(UpstreamFault::Reported.into());
        }
        self.inspector.tally.dropped += walk(table, &mut json, &mut |_, _, _| Ok(()))?;
        if !self.streaming.goes_on(&json) {
            self.inspector.tally.dropped += 1;
            return Ok(Step::Go(Vec::new()));
        }
        let pieces = pieces_of(table, &mut json)?;
        let ends = self.streaming.ends(&json);
        let mut out = Vec::new();
        let texts = self.through_lanes(&json, &pieces, &ends, &mut out)?;
        let silent = !pieces.is_empty() && texts.iter().all(String::is_empty);
        put_back(table, &mut json, texts)?;
        if self.streaming.is_last(&json) {
            let last = self.write(json);
            return Ok(Step::Last(out, last));
        }
        if !(silent && self.streaming.is_only_text(&json)) {
            out.push(self.write(json));
        }
        Ok(Step::Go(out))
    }

    /// Returns the event that tells the caller of a failure.
    pub(crate) fn failure(&self, envelope: Json) -> SseEvent {
        self.streaming.failure(envelope)
    }

    /// Returns what the caller got, text by text. PHI.
    pub(crate) fn released(&self) -> Json {
        Json::Object(
            self.lanes
                .iter()
                .map(|(key, open)| (key.as_str(), open.lane.released().into()))
                .collect(),
        )
    }

    /// Ends every text where it is: nothing more comes, and what is held back stays so.
    pub(crate) fn abandon(&mut self) {
        for open in self.lanes.values_mut() {
            open.lane.abandon(&mut self.inspector);
        }
    }

    /// Returns the bytes of text the caller got.
    pub(crate) fn released_bytes(&self) -> usize {
        self.lanes
            .values()
            .map(|open| open.lane.released().len())
            .sum()
    }

    /// Sends each piece through its lane and returns what comes out; ends the texts that end here.
    fn through_lanes(
        &mut self,
        event: &Json,
        pieces: &[Piece],
        ends: &Ends,
        out: &mut Vec<SseEvent>,
    ) -> Result<Vec<String>, Halt> {
        let mut touched = Vec::new();
        let mut texts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let key = self.streaming.lane(event, &piece.path);
            texts.push(match piece.rule {
                Rule::Whole => self.whole(&key, piece, out)?,
                Rule::Sealed => self.sealed(&key, piece),
                Rule::Delta | Rule::DeltaProse | Rule::DeltaThinking | Rule::DeltaJson => {
                    self.piece(&key, event, piece, ends)?
                }
                _ => self.complete(piece)?,
            });
            touched.push(key);
        }
        self.end(ends, &touched, out)?;
        Ok(texts)
    }

    /// Sends a piece through its lane.
    fn piece(
        &mut self,
        key: &str,
        event: &Json,
        piece: &Piece,
        ends: &Ends,
    ) -> Result<String, Halt> {
        self.take_room(piece)?;
        if !self.lanes.contains_key(key) {
            self.open(key, event, piece)?;
        }
        let Some(open) = self.lanes.get_mut(key) else {
            return Ok(String::new());
        };
        (open.like, open.path) = (event.clone(), piece.path.clone());
        let within = |broken: crate::inspect::Broken| Halt::Withheld(broken.path);
        let mut text = open
            .lane
            .push(&piece.text, &mut self.inspector)
            .map_err(within)?;
        if ends.includes(key) {
            text.push_str(&open.lane.finish(&mut self.inspector).map_err(within)?);
        }
        self.held.push(open.lane.held());
        Ok(text)
    }

    fn open(&mut self, key: &str, event: &Json, piece: &Piece) -> Result<(), Halt> {
        if self.lanes.len() >= MOST_LANES {
            return Err(UpstreamFault::AnswerTooLong.into());
        }
        let writing = self.writing(&piece.rule, key);
        let lane = Lane::new(&self.inspector, writing);
        self.lanes.insert(
            key.to_owned(),
            Open {
                lane,
                like: event.clone(),
                path: piece.path.clone(),
                words: String::new(),
            },
        );
        Ok(())
    }

    /// Says how a text is written. What never streamed is told by the name its lane ends with.
    fn writing(&self, rule: &Rule, key: &str) -> Writing {
        let structured = || {
            self.structure.as_ref().map_or(Writing::Plain, |schema| {
                Writing::Json(Some(Arc::clone(schema)))
            })
        };
        match rule {
            Rule::DeltaJson | Rule::JsonText | Rule::Json => Writing::Json(None),
            Rule::Delta | Rule::Text => structured(),
            Rule::Whole if key.ends_with("/arguments") => Writing::Json(None),
            Rule::Whole if key.ends_with("/text") => structured(),
            _ => Writing::Plain,
        }
    }

    /// Sends a text that comes whole, in one event, through a lane of its own.
    fn complete(&mut self, piece: &Piece) -> Result<String, Halt> {
        self.take_room(piece)?;
        let within = |broken: crate::inspect::Broken| Halt::Withheld(broken.path);
        let mut lane = Lane::new(&self.inspector, self.writing(&piece.rule, ""));
        let mut text = lane
            .push(&piece.text, &mut self.inspector)
            .map_err(within)?;
        text.push_str(&lane.finish(&mut self.inspector).map_err(within)?);
        Ok(text)
    }

    fn take_room(&mut self, piece: &Piece) -> Result<(), Halt> {
        self.room_bytes = self
            .room_bytes
            .checked_sub(piece.text.len())
            .ok_or(UpstreamFault::AnswerTooLong)?;
        Ok(())
    }

    /// Wraps what only the vendor can read, with the words of its own that stand beside it.
    fn sealed(&self, key: &str, piece: &Piece) -> String {
        let beside = key
            .rsplit_once('/')
            .map_or(String::new(), |(beside, _)| format!("{beside}/"));
        let words = self
            .lanes
            .iter()
            .find(|(key, open)| key.starts_with(&beside) && !open.words.is_empty());
        self.inspector.opaque.wrap(
            &piece.text,
            words.map_or("", |(_, open)| open.words.as_str()),
        )
    }

    /// The whole of a text, after its pieces: what the caller got of it, for the vendor's own has tokens in it. A
    /// text that never came in pieces goes through its lane here.
    fn whole(&mut self, key: &str, piece: &Piece, out: &mut Vec<SseEvent>) -> Result<String, Halt> {
        if !self.lanes.contains_key(key) {
            if piece.text.is_empty() {
                // Nothing yet: the event that opens a text.
                return Ok(String::new());
            }
            let nothing = object([]);
            self.piece(key, &nothing, piece, &Ends::All)?;
        }
        self.end(&Ends::Lanes(key.to_owned()), &[], out)?;
        Ok(self
            .lanes
            .get(key)
            .map(|open| open.lane.released().to_owned())
            .unwrap_or_default())
    }

    /// Ends texts; what they held back goes out in events of its own, except for those `touched` by this event.
    fn end(
        &mut self,
        ends: &Ends,
        touched: &[String],
        out: &mut Vec<SseEvent>,
    ) -> Result<(), Halt> {
        if *ends == Ends::None {
            return Ok(());
        }
        let ending: Vec<String> = self
            .lanes
            .keys()
            .filter(|key| ends.includes(key) && !touched.contains(key))
            .cloned()
            .collect();
        for key in ending {
            let Some(open) = self.lanes.get_mut(&key) else {
                continue;
            };
            let rest = open
                .lane
                .finish(&mut self.inspector)
                .map_err(|broken| Halt::Withheld(broken.path))?;
            if !rest.is_empty() {
                let carried = self.streaming.carry(&open.like, &open.path, &rest);
                out.push(self.write(carried));
            }
        }
        Ok(())
    }

    fn write(&mut self, mut event: Json) -> SseEvent {
        self.streaming.amend(&mut event);
        SseEvent {
            name: self.streaming.name(&event),
            data: event.to_string(),
        }
    }
}

/// Returns the pieces of text of an event in their order.
fn pieces_of(table: &Table, event: &mut Json) -> Result<Vec<Piece>, AnswerFault> {
    let mut pieces = Vec::new();
    walk(table, event, &mut |rule, path, text| {
        pieces.push(Piece {
            rule: rule.clone(),
            path: path.clone(),
            text: text.clone(),
        });
        Ok(())
    })?;
    Ok(pieces)
}

/// Puts texts in the places the pieces came from, in the same order.
fn put_back(table: &Table, event: &mut Json, texts: Vec<String>) -> Result<(), AnswerFault> {
    let mut texts = VecDeque::from(texts);
    walk(table, event, &mut |_, _, text| {
        *text = texts.pop_front().ok_or(AnswerFault::Malformed)?;
        Ok(())
    })?;
    Ok(())
}
