import ArgumentParser
import StateFile
import WorkflowCore

/// `orchestrate wait`: until runs have ended, whoever drives them.
struct Wait: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Wait until runs have ended.",
    discussion: """
      EXAMPLES
        orchestrate wait @latest
        orchestrate wait daily-x7k2p daily-b4nn6 && echo both succeeded

      Exits with 1 when one of them did not succeed. It only looks on: some engine must drive them.
      """)

  @OptionGroup var selection: RunSelection

  @Flag(help: "A run that is not there counts as ended well.")
  var ignoreNotFound = false

  @OptionGroup var state: StateOptions

  func run() async throws {
    let file = try state.open()
    var haveSucceeded = true
    for run in try runs(file) {
      guard case .settled = try await Follower(run, file, nil).follow(takingOver: false) else {
        throw ExitStatus.interrupted
      }
      let ended = try file.run(uid: run.uid)?.record.phase
      print("\(run.name) \(ended?.rawValue ?? "deleted")")
      if ended != .succeeded { haveSucceeded = false }
    }
    if !haveSucceeded { throw ExitStatus.workflowFailed }
  }

  private func runs(_ file: StateFile) throws -> [RunState] {
    guard ignoreNotFound, selection.selector == nil else { return try selection.runs(state, file) }
    return try selection.names.compactMap { try file.run(named: $0) }.map(revive)
  }
}
