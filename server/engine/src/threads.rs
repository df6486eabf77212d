//! The same work for each of many, shared out over some threads, with the results in order.

use std::num::NonZeroUsize;

use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IntoParallelRefIterator as _, ParallelIterator as _},
};

/// Below so many that are worth it, waking threads takes longer than the work.
const WORTH_IT: usize = 32;

/// The system gives no threads.
#[derive(Debug, thiserror::Error)]
#[error("starting threads")]
pub struct ThreadsError(#[from] rayon::ThreadPoolBuildError);

/// Threads for work that can be shared out.
#[derive(Debug)]
pub enum Threads {
    /// That of the caller alone.
    One,
    /// Threads that wait for work.
    Several(ThreadPool),
}

impl Threads {
    /// So many threads.
    ///
    /// # Errors
    ///
    /// What the system says where it gives none.
    pub fn of(threads: NonZeroUsize) -> Result<Self, ThreadsError> {
        if threads == NonZeroUsize::MIN {
            return Ok(Self::One);
        }
        let named = ThreadPoolBuilder::new().num_threads(threads.get()).thread_name(|n| format!("engine-{n}"));
        Ok(Self::Several(named.build()?))
    }

    /// One result for each, in their order; shared out where enough of them are worth it.
    pub fn map_ordered<T: Sync, R: Send>(
        &self,
        all: &[T],
        is_worth_it: impl Fn(&T) -> bool,
        work: impl Fn(&T) -> R + Send + Sync,
    ) -> Vec<R> {
        match self {
            Self::Several(pool) if all.iter().filter(|one| is_worth_it(one)).count() >= WORTH_IT => {
                pool.install(|| all.par_iter().map(work).collect())
            }
            Self::One | Self::Several(_) => all.iter().map(work).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_however_many_threads_there_are() {
        let all: Vec<u64> = (0..500).collect();
        for threads in [1, 2, 4] {
            let threads = Threads::of(NonZeroUsize::new(threads).unwrap()).unwrap();
            let found = threads.map_ordered(&all, |_| true, |n| n * n);
            assert_eq!(found, all.iter().map(|n| n * n).collect::<Vec<_>>());
        }
    }
}
