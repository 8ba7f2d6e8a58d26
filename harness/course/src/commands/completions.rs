//! `course completions SHELL`: a script that lets a shell complete the commands.
//!
//! Clap writes one for a program called `course`. There is none: `course` is an alias of cargo's, and people type
//! `cargo course`. So for the shells where that can be done, a few lines behind the script tell them to complete what
//! stands after `cargo course` as if it stood after `course`, and to leave the rest of cargo as it was.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command};
use clap_complete::Shell;

use crate::commands::book;
use crate::course::Course;
use crate::failure::Failure;
use crate::screen::Screen;

#[derive(Args)]
pub struct Options {
    /// The shell to write it for
    shell: Shell,
}

/// Behind clap's script for bash: cargo's own completion is asked for all that is not ours. It comes with Rust, and
/// needs the package bash-completion.
const BASH: &str = r#"
# `cargo course ...` is completed as `course ...` would be, and everything else as cargo does it.
if ! declare -F _cargo >/dev/null && declare -F _get_comp_words_by_ref >/dev/null; then
    . "$(rustc --print sysroot)/etc/bash_completion.d/cargo"
fi

_cargo_with_course() {
    local at=1
    [[ ${COMP_WORDS[1]} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]} == course ]] && ((COMP_CWORD > at)); then
        local words=("${COMP_WORDS[@]:at}") place=$((COMP_CWORD - at))
        local COMP_WORDS=("${words[@]}") COMP_CWORD=$place
        _course course "$2" "$3"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}

complete -F _cargo_with_course -o bashdefault -o default cargo
"#;

/// Behind clap's script for zsh: cargo's own completion calls a function of this name.
const ZSH: &str = r#"
# Cargo's own completion asks this one about `cargo course ...`.
_cargo-course() {
    _course "$@"
}
"#;

/// Behind clap's script for fish: what it would say of `course`.
const FISH: &str = r#"
# `cargo course ...` is completed as `course ...` would be.
complete -c cargo -n "__fish_seen_subcommand_from course" -f -a "(complete -C (commandline -cp | string replace -r '^.*?cargo( \+\S+)? course' course))"
"#;

/// Prints the script, and nothing else.
///
/// # Errors
///
/// None.
pub fn print(
    options: &Options,
    command: Command,
    course: Option<&Course>,
    screen: &mut Screen,
) -> Result<ExitCode, Failure> {
    let mut command = with_lessons(command, course);
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "course", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    match options.shell {
        Shell::Bash => script.push_str(BASH),
        Shell::Zsh => script.push_str(ZSH),
        Shell::Fish => {
            script.push_str(&arguments_for_fish(&command));
            script.push_str(FISH);
        }
        _ => {}
    }
    screen.say(script.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// What may stand behind each command: clap's script for fish knows that of options only.
fn arguments_for_fish(command: &Command) -> String {
    let mut lines = String::new();
    for subcommand in command.get_subcommands() {
        let values = subcommand
            .get_positionals()
            .flat_map(Arg::get_possible_values);
        let values: Vec<String> = values.map(|it| it.get_name().to_owned()).collect();
        if !values.is_empty() {
            let (name, values) = (subcommand.get_name(), values.join(" "));
            lines += &format!(
                "complete -c course -n \"__fish_course_using_subcommand {name}\" -f -a \"{values}\"\n"
            );
        }
    }
    lines
}

/// The command line, with the lessons, and the pages of the book, as what may stand where one is asked for.
fn with_lessons(command: Command, course: Option<&Course>) -> Command {
    let Some(course) = course else {
        return command;
    };
    let numbers = course.lessons.iter().map(|it| it.number.to_string());
    let names = course.lessons.iter().map(|it| it.name.clone());
    let lessons: Vec<String> = numbers.chain(names).collect();
    let pages = [lessons.clone(), book::pages(course)].concat();
    command.mut_subcommands(|subcommand| {
        subcommand.mut_args(|arg| match arg.get_id().as_str() {
            "lesson" => arg.value_parser(one_of(&lessons)),
            "page" => arg.value_parser(one_of(&pages)),
            _ => arg,
        })
    })
}

fn one_of(values: &[String]) -> PossibleValuesParser {
    // Clap keeps what lives for ever, and we print and end.
    PossibleValuesParser::new(values.iter().map(|it| &*it.clone().leak()))
}
