//! Plans as a picture: the text of Mermaid, or of Graphviz. An arrow leads from the step that makes a directory to those that read it.

use std::fmt::Write;

use crate::engine::plan_summary::{StepState, StepSummary, TaskSummary};

/// `flowchart` of Mermaid.
pub(crate) fn mermaid(tasks: &[TaskSummary]) -> String {
    let mut text = String::from("flowchart TD\n");
    // Writing to a string cannot fail.
    for (task, of_task) in tasks.iter().enumerate() {
        let _ = writeln!(text, "  subgraph t{task}[\"{}\"]", quoted(&of_task.task));
        for step in &of_task.steps {
            let _ =
                writeln!(text, "    {}[\"{}. {}<br/>{}\"]:::{}", id(task, step), step.number, quoted(&step.name), amount(step), step.state);
        }
        text.push_str("  end\n");
    }
    for (from, to) in arrows(tasks) {
        let _ = writeln!(text, "  {from} --> {to}");
    }
    text.push_str("  classDef complete fill:#e6f4ea,stroke:#34734a\n  classDef due fill:#fff4e0,stroke:#a86400\n");
    text
}

/// `digraph` of Graphviz.
pub(crate) fn dot(tasks: &[TaskSummary]) -> String {
    let mut text = String::from("digraph plan {\n  node [shape=box, style=filled];\n");
    for (task, of_task) in tasks.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{task} {{\n    label=\"{}\";", escaped(&of_task.task));
        for step in &of_task.steps {
            let color = if step.state == StepState::Complete { "#e6f4ea" } else { "#fff4e0" };
            let (id, name, amount) = (id(task, step), escaped(&step.name), amount(step));
            let _ = writeln!(text, "    {id} [label=\"{}. {name}\\n{amount}\", fillcolor=\"{color}\"];", step.number);
        }
        text.push_str("  }\n");
    }
    for (from, to) in arrows(tasks) {
        let _ = writeln!(text, "  {from} -> {to};");
    }
    text.push_str("}\n");
    text
}

fn id(task: usize, step: &StepSummary) -> String {
    format!("t{task}s{}", step.number)
}

fn amount(step: &StepSummary) -> String {
    let files = step.input.map(|input| format!(", {} files, {}", input.files, indicatif::HumanBytes(input.bytes))).unwrap_or_default();
    format!("{}{files}", step.state)
}

fn arrows(tasks: &[TaskSummary]) -> Vec<(String, String)> {
    let steps: Vec<_> = tasks.iter().enumerate().flat_map(|(task, of_task)| of_task.steps.iter().map(move |step| (task, step))).collect();
    let mut arrows = Vec::new();
    for (place, (task, maker)) in steps.iter().enumerate() {
        for (reading, reader) in steps.iter().skip(place + 1) {
            if reader.reads_what_is_made(&maker.makes) {
                arrows.push((id(*task, maker), id(*reading, reader)));
            }
        }
    }
    arrows
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
