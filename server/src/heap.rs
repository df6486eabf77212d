//! One heap for all threads, which gives back what is free.
//!
//! glibc grows a heap of its own for each thread that finds the others busy, up to eight for each processor, and what is free in
//! one is not used by another: with 600 symbols that held some 20 MB that nobody used. What is free between things in use stays
//! with the process until it is made to return it: another 16 MB. See `docs/PERFORMANCE.md`.

use crate::supervise::Supervisor;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
use crate::supervise::{Failed, Job, Policy};

/// How often what is free is given back.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const GIVE_BACK: std::time::Duration = std::time::Duration::from_secs(30);

/// What is larger is asked of the system and given back to it at once: lists, pages and answers of an exchange of some 100 KB come
/// and go each second, and left holes that what stays did not fit into.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES_BYTES: libc::c_int = 64 * 1024;
/// Heaps of all threads together. What a thread takes and gives in turn comes from a small store of its own, so they seldom meet.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const HEAPS: libc::c_int = 1;

/// Lets all threads share one heap, and what is large have pages of its own. To be called before there are threads; where the
/// heap is not glibc's it does nothing.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (what, value) in [(libc::M_ARENA_MAX, HEAPS), (libc::M_MMAP_THRESHOLD, OWN_PAGES_BYTES)] {
        #[expect(unsafe_code, reason = "the C library has no other interface for it")]
        // SAFETY: it takes two numbers and sets a limit; it may be called at any time.
        // A limit that is not taken leaves the heap as it was: larger, and no less right.
        let _taken = unsafe { libc::mallopt(what, value) };
    }
}

/// Gives back what is free, as long as the supervisor lets it run.
pub(crate) fn give_back(supervisor: &Supervisor) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let stop = supervisor.stop();
        let job = Job { name: "heap", what: "Gives free memory back to the system." };
        supervisor.spawn(job, Policy::Forever, move || {
            let stop = stop.clone();
            async move {
                let mut timer = tokio::time::interval(GIVE_BACK);
                timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        _ = timer.tick() => {}
                    }
                    // It walks over the heap for some milliseconds: not where the streams are read.
                    let walked = tokio::task::spawn_blocking(|| {
                        #[expect(unsafe_code, reason = "the C library has no other interface for it")]
                        // SAFETY: it takes a number, locks the heap itself, and touches only what is free.
                        unsafe {
                            libc::malloc_trim(0)
                        }
                    });
                    walked.await.map_err(|lost| Failed::Retry(lost.to_string()))?;
                }
            }
        });
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = supervisor;
}
