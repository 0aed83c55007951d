//! How an error and its causes read as sentences.

/// The error and all its causes, outermost first: sentences one after the other, fragments behind a colon.
pub fn error_text(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        if text.ends_with('.') {
            text.push(' ');
        } else if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_fragments() {
        let error = anyhow::anyhow!("no space left").context("Writing the output failed.").context("Step 2");
        assert_eq!(error_text(&error), "Step 2: Writing the output failed. no space left");
    }
}
