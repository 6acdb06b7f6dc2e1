//! Questions on a terminal.

use std::io::{BufRead, Read as _, Write};

use patchbay_propose::{Answer, Interview, Question, Stopped, one_line};

/// Longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 256;
/// Answers that make no sense before it is given up.
const MAX_TRIES: usize = 5;

/// Whoever sits at a terminal.
#[derive(Debug)]
pub(super) struct Terminal<R, W> {
    input: R,
    output: W,
}

impl<R: BufRead, W: Write> Terminal<R, W> {
    /// Asks on `output` and reads from `input`.
    pub(super) fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    /// Shows the question with its options, the likeliest one marked.
    fn show(&mut self, question: &Question) -> std::io::Result<()> {
        writeln!(self.output, "\n{}", one_line(&question.text))?;
        writeln!(self.output, "  ({})", one_line(&question.because))?;
        for (place, option) in question.options.iter().enumerate() {
            let mark = if place == question.default { '*' } else { ' ' };
            writeln!(self.output, "  {mark}{}  {}", place + 1, one_line(option))?;
        }
        Ok(())
    }

    fn prompt(&mut self, question: &Question) -> std::io::Result<Option<String>> {
        write!(self.output, "1-{} [{}]: ", question.options.len(), question.default + 1)?;
        self.output.flush()?;
        let mut line = String::new();
        let read = self.input.by_ref().take(MAX_ANSWER).read_line(&mut line)?;
        Ok((read > 0).then_some(line))
    }
}

impl<R: BufRead, W: Write> Interview for Terminal<R, W> {
    fn ask(&mut self, question: &Question) -> Result<Answer, Stopped> {
        self.show(question).map_err(|_| Stopped)?;
        for _ in 0..MAX_TRIES {
            let Ok(Some(line)) = self.prompt(question) else { return Err(Stopped) };
            let line = line.trim();
            if line.is_empty() {
                return Ok(Answer::Chosen(question.default));
            }
            match line.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) {
                Some(option) if option < question.options.len() => return Ok(Answer::Chosen(option)),
                _ => writeln!(self.output, "a number from 1 to {}", question.options.len()).map_err(|_| Stopped)?,
            }
        }
        Err(Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_numbers_or_nothing() {
        let question = Question {
            text: "Which table\u{1b}[2J?".to_owned(),
            because: "both look alike".to_owned(),
            options: vec!["one".to_owned(), "two".to_owned()],
            default: 1,
        };
        let check = |input: &str, expected: Result<Answer, Stopped>| {
            let mut output = Vec::new();
            let answer = Terminal::new(input.as_bytes(), &mut output).ask(&question);
            let output = String::from_utf8(output).unwrap();
            assert_eq!(answer, expected, "{input:?}: {output}");
            assert!(output.contains(" *2  two\n") && !output.contains('\u{1b}'), "{output}");
        };
        check("1\n", Ok(Answer::Chosen(0)));
        check("\n", Ok(Answer::Chosen(1)));
        check("0\nthree\n3\n 2 \n", Ok(Answer::Chosen(1)));
        check("", Err(Stopped));
        check("x\nx\nx\nx\nx\n1\n", Err(Stopped));
        check(&"9".repeat(1000), Err(Stopped));
    }
}
