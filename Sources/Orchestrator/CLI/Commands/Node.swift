import ArgumentParser
import WorkflowCore

/// `orchestrate node set`: sets what suspended nodes give, or end as.
struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Act on single nodes of a run.",
    discussion: """
      EXAMPLES
        orchestrate node set @latest --node-field-selector displayName=approve --output-parameter approve=YES
      """, subcommands: [Set.self])

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set outputs, message or phase of suspended nodes.",
      discussion: """
        EXAMPLES
          orchestrate node set @latest --node-field-selector displayName=approve --output-parameter approve=YES
          orchestrate node set @latest --node-field-selector displayName=approve --phase Succeeded --message "by hand"
        """)

    @Argument(help: "The run's name, or @latest.")
    var name: String

    @Option(help: ArgumentHelp("The suspended nodes.", valueName: "field=value,..."))
    var nodeFieldSelector: String

    @Option(help: "How the nodes end: Succeeded, Failed, Error or Skipped.")
    var phase: String?

    @Option(name: .shortAndLong, help: "The nodes' message.")
    var message: String?

    @Option(
      name: [.customShort("p"), .long],
      help: ArgumentHelp("An output parameter; may be repeated.", valueName: "name=value"))
    var outputParameter: [String] = []

    @OptionGroup var state: StateOptions
    @OptionGroup var machine: MachineOptions

    func validate() throws {
      guard phase != nil || message != nil || !outputParameter.isEmpty else {
        throw ValidationError("say what to set: --output-parameter, --message or --phase")
      }
      if let phase, !["Succeeded", "Failed", "Error", "Skipped"].contains(phase) {
        throw ValidationError("--phase '\(phase)': use Succeeded, Failed, Error or Skipped")
      }
    }

    func run() async throws {
      let change = NodeChange(
        phase: phase.flatMap(NodePhase.init), message: message,
        outputs: try outputParameter.map { try ParameterValue(pair: $0, option: "--output-parameter") })
      let file = try state.open()
      let run = try state.run(named: name, in: file)
      let nodes = try selector(nodeFieldSelector)
      try await Carrier(file, state, machine).ask(.setNodes(nodes, change), of: run, .answer)
      print("workflow \(run.name): nodes set")
    }
  }
}
