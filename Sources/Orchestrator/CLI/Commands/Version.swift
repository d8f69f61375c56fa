import ArgumentParser

/// `orchestrate version`.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the version.",
    discussion: """
      EXAMPLES
        orchestrate version --short
      """)

  @Flag(help: "Only the number.")
  var short = false

  func run() { print(short ? programVersion : "orchestrate \(programVersion) (Argo Workflows 4.1)") }
}

/// `orchestrate completion`: what a shell needs to complete commands.
struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the completion script of a shell.",
    discussion: """
      EXAMPLES
        orchestrate completion bash > /etc/bash_completion.d/orchestrate
        orchestrate completion fish > ~/.config/fish/completions/orchestrate.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() {
    let kind: CompletionShell =
      switch shell {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    print(Orchestrate.completionScript(for: kind))
  }
}
