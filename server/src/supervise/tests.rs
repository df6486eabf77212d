//! The supervisor in paused time, with tasks that panic once, always, or end.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::*;

const JOB: Job = Job { name: "job", what: "Is tested." };

fn stage() -> Supervisor {
    Supervisor::new(Clock::System, CancellationToken::new())
}

/// Waits in paused time until a condition holds.
async fn until(mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(3_600), "it never came true");
        sleep(Duration::from_millis(100)).await;
    }
    begun.elapsed()
}

/// Runs a task that panics as many times, and then until it is stopped. Counts its runs.
fn panics_times(supervisor: &Supervisor, times: u32, policy: Policy) -> Arc<AtomicU32> {
    let (runs, stop) = (Arc::new(AtomicU32::new(0)), supervisor.stop());
    let counted = Arc::clone(&runs);
    supervisor.spawn(JOB, policy, move || {
        let (run, stop) = (counted.fetch_add(1, Relaxed), stop.clone());
        async move {
            tokio::task::yield_now().await;
            assert!(run >= times, "run {run} of the test");
            stop.cancelled().await;
            Ok(())
        }
    });
    runs
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_once_starts_again_and_recovers() {
    let supervisor = stage();
    let runs = panics_times(&supervisor, 1, Policy::Forever);
    until(|| !supervisor.registry().down().is_empty()).await;
    assert_eq!(supervisor.registry().down(), [("job", "panicked: run 0 of the test".to_owned())]);
    let status = supervisor.registry().statuses().remove(0);
    assert_eq!((status.panics, status.failures), (1, 1));
    assert!(status.retry_at.is_some() && status.last_error.is_some(), "{status:?}");
    until(|| supervisor.registry().down().is_empty()).await;
    assert_eq!(runs.load(Relaxed), 2);
    let status = supervisor.registry().statuses().remove(0);
    assert_eq!((status.panics, status.retry_at, status.last_error), (1, None, None));
    supervisor.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_always_panics_stays_down_and_is_retried_later_each_time() {
    let supervisor = stage();
    let runs = panics_times(&supervisor, u32::MAX, Policy::Forever);
    until(|| runs.load(Relaxed) == 1).await;
    let mut waits = Vec::new();
    for run in 2..=9 {
        let waited = until(|| {
            assert!(runs.load(Relaxed) == 1 || !supervisor.registry().down().is_empty(), "it never looks well");
            runs.load(Relaxed) == run
        });
        waits.push(waited.await.as_secs());
    }
    assert!(waits.is_sorted() && waits[0] >= 1 && waits[7] >= 60 && waits[7] <= 61, "{waits:?}");
    supervisor.end().await;
    assert!(supervisor.registry().down().is_empty(), "a task that was stopped does not fail");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_must_not_end_and_ends_is_fatal_and_named() {
    let supervisor = stage();
    supervisor.spawn(JOB, Policy::Forever, || async { Ok(()) });
    let fatal = supervisor.fatal().await;
    assert_eq!(fatal.to_string(), "the task `job` ended, though it must run as long as the process");
    supervisor.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_is_handed_on_with_its_cause() {
    let supervisor = stage();
    supervisor.spawn(JOB, Policy::Forever, || async { Err(Failed::Fatal("no disk".into())) });
    let TaskFatal::Failed { task, source } = supervisor.fatal().await else { panic!("it failed") };
    assert_eq!((task, source.to_string().as_str()), ("job", "no disk"));
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_work_is_done_may_end() {
    let supervisor = stage();
    supervisor.spawn(JOB, Policy::Once, || async { Ok(()) });
    until(|| supervisor.registry().running().is_empty()).await;
    let none = tokio::time::timeout(Duration::from_secs(60), supervisor.fatal()).await;
    assert!(none.is_err(), "nothing is fatal: {none:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_bound_task_breaks_its_group_and_no_other() {
    let supervisor = stage();
    let (group, other) = (supervisor.group(), supervisor.group());
    group.spawn_bound(JOB, async { panic!("half an event") });
    let broken = group.broken().await;
    assert_eq!(broken.to_string(), "`job` panicked: half an event");
    let fine = tokio::time::timeout(Duration::from_secs(60), other.broken()).await;
    assert!(fine.is_err(), "{fine:?}");
    assert!(!supervisor.stop().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_bound_task_that_ends_breaks_its_group_unless_it_was_stopped() {
    let supervisor = stage();
    let group = supervisor.group();
    group.spawn_bound(JOB, async { Ok(()) });
    assert!(matches!(group.broken().await, Broken::Ended { task: "job" }));
    let group = supervisor.group();
    let stop = group.stop();
    group.spawn_bound(JOB, async move {
        stop.cancelled().await;
        Ok(())
    });
    group.end().await;
    let fine = tokio::time::timeout(Duration::from_secs(60), group.broken()).await;
    assert!(fine.is_err(), "{fine:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_group_stops_its_tasks() {
    let supervisor = stage();
    let group = supervisor.group();
    let runs = panics_times(&group, 0, Policy::Forever);
    until(|| runs.load(Relaxed) == 1).await;
    drop(group);
    until(|| supervisor.registry().running().is_empty()).await;
}
