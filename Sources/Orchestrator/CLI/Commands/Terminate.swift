import ArgumentParser
import WorkflowCore

/// `orchestrate terminate`: ends runs at once.
struct Terminate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End runs at once, without their exit handlers.",
    discussion: """
      EXAMPLES
        orchestrate terminate @latest
        orchestrate terminate daily-x7k2p daily-b4nn6
        orchestrate terminate -l team=fraud

      Running steps get SIGTERM, and SIGKILL after the grace period. An engine that drives the run does it; where none does, this command stays until the run has ended.
      """)

  @OptionGroup var options: ShutdownOptions

  func run() async throws { try await options.end(.terminate, saying: "terminated") }
}
