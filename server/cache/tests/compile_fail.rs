//! What must not compile: publishing anything but the schema's type, and a warmer that publishes.
#![allow(missing_docs)]

#[test]
fn only_a_publisher_publishes_and_only_its_type() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
