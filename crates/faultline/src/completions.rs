//! `faultline completions`: what a shell needs to complete words.

use clap_complete::Shell;

use cli::output::print;

/// Options of `faultline completions`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Prints the script for `command`, which is the whole command line.
pub(crate) fn run(options: &Completions, command: &mut clap::Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, command, "faultline", &mut script);
    print(String::from_utf8(script)?.trim_end())
}
