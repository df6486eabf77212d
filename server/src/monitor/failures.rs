//! The publishes of one run that failed. None of them keeps the others from being made.

use std::collections::BTreeMap;

use super::driver::TaskError;

/// The publishes of one run that failed, by schema.
#[derive(Debug, Default)]
pub(crate) struct Failures(BTreeMap<&'static str, (u32, String)>);

impl Failures {
    /// Notes how a publish ended. Of several failures of one schema the first is reported, with their number.
    pub(crate) fn note(&mut self, outcome: Result<(), TaskError>) {
        let (schema, reason) = match outcome {
            Ok(()) => return,
            Err(TaskError::Refused { schema, reason }) => (schema, reason),
            Err(other) => ("other", other.plain()),
        };
        self.0.entry(schema).or_insert((0, reason)).0 += 1;
    }

    /// All of them as one error.
    pub(crate) fn into_result(self) -> Result<(), TaskError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let failures = self.0.into_iter().map(|(schema, (times, reason))| match times {
            1 => format!("{schema}: {reason}"),
            _ => format!("{schema} ({times} times): {reason}"),
        });
        Err(TaskError::Publishing(failures.collect::<Vec<_>>().join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_failed_is_named_once() {
        let refused = |schema, reason: &str| Err(TaskError::Refused { schema, reason: reason.to_owned() });
        let mut failures = Failures::default();
        failures.note(Ok(()));
        failures.note(refused("signals", "too large"));
        failures.note(refused("breakdown", "first"));
        failures.note(refused("breakdown", "second"));
        let error = failures.into_result().unwrap_err();
        assert_eq!(error.plain(), "publishing breakdown (2 times): first; signals: too large");
        assert!(Failures::default().into_result().is_ok());
    }
}
