import ArgumentParser
import WorkflowCore

/// `orchestrate stop`: ends runs; exit handlers still run.
struct Stop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End runs; their exit handlers still run.",
    discussion: """
      EXAMPLES
        orchestrate stop @latest
        orchestrate stop daily-x7k2p daily-b4nn6
        orchestrate stop -l team=fraud

      Running steps get SIGTERM, and SIGKILL after the grace period. An engine that drives the run does it; where none does, this command stays until the run has ended.
      """)

  @OptionGroup var options: ShutdownOptions

  func run() async throws { try await options.end(.stop, saying: "stopped") }
}
