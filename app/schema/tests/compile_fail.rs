//! What must not compile: an ill-named schema, and two schemas of one name.
#![allow(missing_docs)]

#[test]
fn an_ill_named_schema_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
