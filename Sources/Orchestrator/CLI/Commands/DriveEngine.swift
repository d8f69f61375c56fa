import ArgumentParser
import StateFile
import WorkflowEngine

/// `orchestrate engine`: carries on what other invocations left.
struct DriveEngine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Drive the runs of the state file.",
    discussion: """
      EXAMPLES
        orchestrate engine                  stay, drive whatever is submitted, and begin cron workflows when they
                                            are due; Ctrl-C leaves the steps running
        orchestrate engine --until-idle     after a crash, a reboot, or Ctrl-C in 'submit': carry every unfinished run to its end

      One engine drives a state file at a time; a second one waits until the first has left.
      """)

  @Flag(help: "Exit once nothing is left to do.")
  var untilIdle = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func run() async throws {
    let stateFile = untilIdle ? try state.open() : try state.create()
    let runner = CronRunner(stateFile, try Configuration.read(machine.config, besideStateFile: stateFile.path))
    let crons = untilIdle ? nil : Task { await runner.run() }
    defer { crons?.cancel() }
    try await Carrier(stateFile, state, machine).drive(until: untilIdle ? .idle : .never)
    // What could not be brought back has been named.
    guard try stateFile.unfinishedRuns().isEmpty else { throw ExitStatus.workflowFailed }
  }
}
