//! How the C library's heap is divided.
//!
//! A heap of glibc's grows a part of its own for each thread that finds the others busy, up to eight for each processor, and
//! what is free in one is not used by another: with 600 symbols that held some 20 MB that nobody used. See `docs/PERFORMANCE.md`.

/// Lets all threads share two parts. To be called before there are threads; where the heap is not glibc's it does nothing.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const PARTS: libc::c_int = 2;
        #[expect(unsafe_code, reason = "the C library has no other way to be told")]
        // SAFETY: it takes two numbers and sets a limit; it may be called at any time.
        // A limit that is not taken leaves the heap as it was: larger, and no less right.
        let _taken = unsafe { libc::mallopt(libc::M_ARENA_MAX, PARTS) };
    }
}
