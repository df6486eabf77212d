//! Where the lines of a backtest go, and in which form.

use std::{
    fs::{self, File},
    io::{BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use engine::Output;

use super::{
    BacktestError,
    idea::IdeaLine,
    line::{BarLine, Event, head},
    summary::Summary,
};
use crate::args::Backtest;

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for each bar and for what became of ideas, then the summary, for people.
    Text,
    /// A line for each bar, comma-separated; ideas in a file of their own, where a folder is asked for.
    Csv,
    /// A JSON object for each thing that followed, the summary last.
    Json,
}

impl Form {
    pub(super) const fn of(asked: &Backtest) -> Self {
        match (asked.csv, asked.json) {
            (true, _) => Self::Csv,
            (_, true) => Self::Json,
            (false, false) => Self::Text,
        }
    }

    /// The file it is written into, where a folder is asked for.
    const fn file(self) -> &'static str {
        match self {
            Self::Text => "bars.txt",
            Self::Csv => "bars.csv",
            Self::Json => "events.ndjson",
        }
    }
}

/// The file of what became of ideas, beside that of bars.
const IDEAS: &str = "ideas.csv";

type Out = BufWriter<Box<dyn Write>>;

/// Counts outputs and writes them in one form.
pub(super) struct Lines {
    form: Writer,
    summary: Summary,
    /// Where the summary goes, beside the lines.
    folder: Option<PathBuf>,
}

enum Writer {
    Text(Out),
    Csv {
        bars: Box<csv::Writer<Out>>,
        /// What became of ideas; none where there is no folder for it.
        ideas: Option<Box<csv::Writer<File>>>,
    },
    Json(Out),
}

impl Lines {
    /// Begins with what is above the lines; makes the folder where it is missing.
    pub(super) fn new(form: Form, folder: Option<&Path>) -> Result<Self, BacktestError> {
        let out: Box<dyn Write> = match folder {
            Some(folder) => {
                fs::create_dir_all(folder)?;
                Box::new(File::create(folder.join(form.file()))?)
            }
            None => Box::new(std::io::stdout()),
        };
        let mut out = BufWriter::new(out);
        let form = match form {
            Form::Text => {
                writeln!(out, "{}", head())?;
                Writer::Text(out)
            }
            Form::Csv => Writer::Csv {
                bars: Box::new(csv::Writer::from_writer(out)),
                ideas: match folder {
                    Some(folder) => Some(Box::new(csv::Writer::from_writer(File::create(folder.join(IDEAS))?))),
                    None => None,
                },
            },
            Form::Json => Writer::Json(out),
        };
        Ok(Self { form, summary: Summary::default(), folder: folder.map(Path::to_owned) })
    }

    /// Whether lines appear on a terminal, where they are progress enough.
    pub(super) fn is_shown(&self) -> bool {
        self.folder.is_none() && std::io::stdout().is_terminal()
    }

    /// What is counted beside the outputs.
    pub(super) const fn summary(&mut self) -> &mut Summary {
        &mut self.summary
    }

    /// Counts an output and writes what is to be seen of it.
    pub(super) fn write(&mut self, output: &Output) -> Result<(), BacktestError> {
        self.summary.count(output);
        match (&mut self.form, output) {
            (Writer::Text(out), Output::BarClosed { symbol, recorded }) => {
                writeln!(out, "{}", BarLine::of(*symbol, recorded).text())?;
            }
            (Writer::Text(out), Output::Idea(event)) => writeln!(out, "{}", IdeaLine::of(event).text())?,
            (Writer::Csv { bars, .. }, Output::BarClosed { symbol, recorded }) => {
                bars.serialize(BarLine::of(*symbol, recorded))?;
            }
            (Writer::Csv { ideas: Some(ideas), .. }, Output::Idea(event)) => ideas.serialize(IdeaLine::of(event))?,
            (Writer::Json(out), output) => {
                if let Some(event) = Event::of(output) {
                    serde_json::to_writer(&mut *out, &event)?;
                    out.write_all(b"\n")?;
                }
            }
            (Writer::Text(_) | Writer::Csv { .. }, _) => {}
        }
        Ok(())
    }

    /// Writes the summary and ends.
    pub(super) fn finish(self) -> Result<(), BacktestError> {
        let summary = &self.summary;
        let line = serde_json::json!({ "kind": "summary", "summary": summary });
        match self.form {
            Writer::Text(mut out) => {
                write!(out, "\n{summary}")?;
                out.flush()?;
            }
            Writer::Csv { bars, ideas } => {
                bars.into_inner().map_err(csv::IntoInnerError::into_error)?.flush()?;
                if let Some(mut ideas) = ideas {
                    ideas.flush()?;
                }
            }
            Writer::Json(mut out) => {
                writeln!(out, "{line}")?;
                out.flush()?;
            }
        }
        if let Some(folder) = self.folder {
            fs::write(folder.join("summary.json"), format!("{:#}\n", serde_json::json!(summary)))?;
        }
        Ok(())
    }
}
