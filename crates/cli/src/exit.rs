//! The exit codes a script may rely on, as named in `covenant --help`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked, and found nothing to report.
    Done,
    /// It did what it was asked and the answer is no: refused, denied, or verification failed.
    Refused,
    /// The arguments or the input are wrong.
    Usage,
    /// A file, a key, the store or the server could not be opened.
    CannotOpen,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::CannotOpen => 3,
        })
    }
}

/// A command that did not come to its end: what to say (nothing, when empty), and with which code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    /// The answer is no.
    pub(crate) fn refused(message: impl ToString) -> Failure {
        Failure {
            exit: Exit::Refused,
            message: message.to_string(),
        }
    }

    /// The arguments or the input are wrong.
    pub(crate) fn usage(message: impl ToString) -> Failure {
        Failure {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    /// Something could not be opened, read or written.
    pub(crate) fn cannot_open(message: impl ToString) -> Failure {
        Failure {
            exit: Exit::CannotOpen,
            message: message.to_string(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        // A reader that went away, as `head` does, has what it wanted.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure {
                exit: Exit::Done,
                message: String::new(),
            };
        }
        Failure::cannot_open(error)
    }
}

/// What every command returns.
pub(crate) type Outcome = Result<Exit, Failure>;
