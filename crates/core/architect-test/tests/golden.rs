//! Golden transcripts: our scripts for the corpus's workflows, every branch taken at least once.

mod shared;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_architect::{Coverage, Run, Workflow};
use tollgate_architect_test::{Script, ScriptWorld, play};
use tollgate_model::Instant;

#[test]
fn scripts_give_their_transcripts_and_take_every_branch() {
    if shared::corpus().is_none() {
        return;
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut covered: BTreeMap<PathBuf, (Arc<Workflow>, Coverage, u32)> = BTreeMap::new();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&golden)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
            .collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let script =
                Script::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
            assert_eq!(
                Script::parse(&script.to_yaml()).unwrap(),
                script,
                "written and read back"
            );
            let path = folder.join(&script.workflow);
            let workflow =
                Workflow::parse_with(&std::fs::read_to_string(&path).unwrap(), &script.set);
            let workflow =
                Arc::new(workflow.unwrap_or_else(|why| panic!("{}: {why}", path.display())));
            let inputs = script.run_inputs(BTreeMap::new());
            let mut run =
                Run::new(Arc::clone(&workflow), &inputs, Instant::ZERO, script.seed).unwrap();
            let mut world = ScriptWorld::new(&script);
            let played = play(&mut run, &mut world, Instant::ZERO, script.speech).unwrap();
            let wanted = std::fs::read_to_string(file.with_extension("txt")).unwrap();
            assert_eq!(played.transcript.to_string(), wanted, "{}", file.display());
            assert_eq!(
                script.differences(&played),
                Vec::<String>::new(),
                "{}",
                file.display()
            );
            assert_eq!(world.unused_turns(), 0, "{}", file.display());
            let (_, taken, count) = covered
                .entry(path)
                .or_insert_with(|| (workflow, Coverage::default(), 0));
            taken.add(played.coverage);
            *count += 1;
        }
    }
    for (path, (workflow, taken, scripts)) in &covered {
        let name = path.file_name().unwrap().to_string_lossy();
        println!(
            "{:>3} of {:>3} branches, {scripts:>2} scripts: {name}",
            taken.taken(workflow),
            workflow.branch_count()
        );
        assert_eq!(taken.missed(workflow), Vec::<String>::new(), "{name}");
    }
    assert!(covered.len() >= 10, "{} workflows", covered.len());
}
