//! In each crate no two neighbouring modules import each other in a circle, with all that is below them.
//!
//! An import is any path through `crate`, `super` or `self` in the code of a file, tests and comments left out. What a module takes from
//! the modules that contain it counts as no import: a folder and its files are one unit for their neighbours.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

type Module = Vec<String>;

fn words(path: &str) -> Module {
    path.split("::").filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The source files of a crate by module.
fn files(folder: &Path, module: &Module, found: &mut BTreeMap<Module, PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let below: Module = module.iter().cloned().chain([stem.clone()]).collect();
        if entry.is_dir() {
            files(&entry, &below, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let is_own = matches!(stem.as_str(), "lib" | "main" | "mod");
            found.insert(if is_own { module.clone() } else { below }, entry);
        }
    }
}

/// The code of a file without comments and without what is compiled for tests alone.
fn code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("#[cfg(test)]") {
            // The item that follows: to its last line, which is indented like its first.
            let indent = line.len() - trimmed.len();
            for line in lines.by_ref() {
                let depth = line.len() - line.trim_start().len();
                if depth == indent && (line.ends_with('}') || line.ends_with(';')) {
                    break;
                }
            }
        } else if !trimmed.starts_with("//") {
            kept.push_str(line.split(" // ").next().unwrap_or(line));
            kept.push('\n');
        }
    }
    kept
}

/// The paths that begin with one of the words that lead through the modules of the crate, with nested lists taken apart.
fn paths(code: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for start in ["crate", "super", "self"] {
        for (at, _) in code.match_indices(start) {
            let is_word = at == 0 || !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
            if is_word && code[at + start.len()..].starts_with("::") {
                take(&code[at..], &Vec::new(), &mut found);
            }
        }
    }
    found
}

/// Reads one path, or a list of paths in braces, after a prefix; returns what follows.
fn take<'a>(mut text: &'a str, prefix: &Module, found: &mut Vec<Module>) -> &'a str {
    let mut path = prefix.clone();
    loop {
        text = text.trim_start();
        if let Some(list) = text.strip_prefix('{') {
            text = list;
            loop {
                text = take(text, &path, found).trim_start();
                match text.strip_prefix(',') {
                    Some(rest) if rest.trim_start().starts_with('}') => return &rest.trim_start()[1..],
                    Some(rest) => text = rest,
                    None => return text.strip_prefix('}').unwrap_or(text),
                }
            }
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        if end == 0 {
            break;
        }
        path.push(text[..end].to_owned());
        text = &text[end..];
        match text.strip_prefix("::") {
            Some(rest) => text = rest,
            None => break,
        }
    }
    found.push(path);
    // `name as other`
    text.trim_start()
        .strip_prefix("as ")
        .map_or(text, |rest| rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The module that a path leads to, seen from another.
fn target(from: &Module, path: &Module, known: &BTreeMap<Module, PathBuf>) -> Option<Module> {
    let mut at = from.clone();
    let mut rest = path.as_slice();
    match rest.first()?.as_str() {
        "crate" => at.clear(),
        "super" => at.truncate(at.len().checked_sub(1)?),
        _ => {}
    }
    rest = &rest[1..];
    for word in rest {
        if word == "super" {
            at.pop();
            continue;
        }
        at.push(word.clone());
        if !known.contains_key(&at) {
            at.pop();
            break;
        }
    }
    Some(at)
}

/// By module: which of its children import which others, with all that is below them.
fn neighbours(known: &BTreeMap<Module, PathBuf>) -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let mut edges: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, file) in known {
        for path in paths(&code(&fs::read_to_string(file).unwrap())) {
            let Some(target) = target(module, &path, known) else { continue };
            let common = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (module.get(common), target.get(common)) {
                let siblings = edges.entry(module[..common].to_vec()).or_default();
                siblings.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    edges
}

/// The groups of more than one module in which each leads to every other.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = next.pop() {
            for to in edges.get(&at).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|from| (from, reached(from))).collect();
    let group = |from: &String| {
        all[from].iter().filter(|to| all.get(to).is_some_and(|back| back.contains(from))).cloned().collect()
    };
    all.keys().map(|from| group(from)).filter(|group: &BTreeSet<String>| group.len() > 1).collect()
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let inner = fs::read_dir(root.join("server")).unwrap().map(|entry| entry.unwrap().path().join("src"));
    let sources = inner.chain(["app/src", "app/schema/src", "server/src"].map(|folder| root.join(folder)));
    let mut found = Vec::new();
    let mut crates = 0;
    for folder in sources.filter(|folder| folder.join("lib.rs").exists()) {
        crates += 1;
        let name = folder.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mut known = BTreeMap::new();
        files(&folder, &Module::new(), &mut known);
        for (parent, edges) in neighbours(&known) {
            let parent = parent.join("::");
            for circle in circles(&edges) {
                let within =
                    |from: &String| edges[from].iter().filter(|to| circle.contains(*to)).cloned().collect::<Vec<_>>();
                let shown =
                    circle.iter().map(|from| format!("{from} → {}", within(from).join(", "))).collect::<Vec<_>>();
                found.push(format!("{name}, in `{parent}`: {}", shown.join("; ")));
            }
        }
    }
    assert!(crates >= 5, "{crates} crates were found");
    assert!(found.is_empty(), "modules import each other in circles:\n{}", found.join("\n"));
}

#[test]
fn imports_are_read_with_lists_renames_and_paths_in_code() {
    let text = "use crate::{\n    a::{self, B},\n    c as d, // not crate::x\n};\n/// [`crate::y`]\nfn f() { super::g::h(self::i::J); mycrate::z(); }\n\
                #[cfg(test)]\nmod tests {\n    use crate::t;\n}\n";
    let found: Vec<String> = paths(&code(text)).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["crate::a::self", "crate::a::B", "crate::c", "super::g::h", "self::i::J"]);
    let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")];
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in edges {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }
    let circle: BTreeSet<String> = words("a::b::c").into_iter().collect();
    assert_eq!(circles(&graph), BTreeSet::from([circle]));
}
