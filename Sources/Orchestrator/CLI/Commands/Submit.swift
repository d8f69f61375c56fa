import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine

/// `orchestrate submit`: admits a workflow and drives it to its end.
struct Submit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a workflow and wait for its end.",
    discussion: """
      EXAMPLES
        orchestrate submit workflows/daily.yaml -p date=2013-07-04
        orchestrate submit workflows/daily.yaml -f parameters.yaml -o json > run.json
        cat workflow.yaml | orchestrate submit -

      Progress goes to standard error: a live tree on a terminal, plain lines elsewhere. Exits with 0 only when the workflow
      succeeded, 1 when it did not. Ctrl-C leaves the steps running; 'orchestrate engine --until-idle' carries the run on.
      """)

  @Argument(help: ArgumentHelp("The workflow, a YAML or JSON file; - reads standard input.", valueName: "file"))
  var file: String

  @OptionGroup var submission: SubmissionOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .shortAndLong, help: "What to print on standard output at the end.")
  var output: OutputFormat = .text

  func run() async throws {
    let workflow = try submission.read(file)
    let run = try submission.makeRun(workflow, at: SystemTime().now)
    let stateFile = try state.create()
    do {
      try stateFile.insert(run)
    } catch {
      throw fail("\(error)", error == .nameTaken(run.name) ? ExitStatus.wrongWorkflow : ExitStatus.tryAgain)
    }
    try await drive(stateFile, state, machine, until: run)
    let finished = try state.run(named: run.uid, in: stateFile)
    output.print(finished)
    if finished.phase != .succeeded {
      printFailures(of: finished, attemptsRoot: state.attemptsRoot)
      throw ExitStatus.workflowFailed
    }
  }
}

/// Holds the engine's lock and drives a state file until `run` is settled, or, without one, until nothing is left to do.
func drive(_ stateFile: StateFile, _ options: StateOptions, _ machine: MachineOptions, until run: RunState?)
  async throws
{
  do {
    let lock = try await acquireLock(stateFile)
    defer { withExtendedLifetime(lock) {} }
    let display = makeDisplay(of: run?.uid)
    let engine = try makeEngine(
      stateFile, attemptsRoot: options.attemptsRoot, gpus: machine.gpus, observer: display)
    let interrupted = onInterrupt { engine.leave() }
    try await engine.run(until: run?.uid)
    display.close()
    if interrupted.isSet, let run { throw leaving(run) }
  } catch let code as ExitCode {
    throw code
  } catch {
    throw fail(
      "\(error)", hint: "running steps go on; 'orchestrate engine --until-idle' carries on from the state file",
      ExitStatus.tryAgain)
  }
}

private func acquireLock(_ stateFile: StateFile) async throws -> EngineLock {
  if let lock = try EngineLock.tryAcquire(stateFile.lockPath) { return lock }
  let owner = EngineLock.owner(stateFile.lockPath) ?? "?"
  printError("waiting: process \(owner) is driving \(stateFile.path)")
  return try await EngineLock.acquire(stateFile.lockPath)
}

private func leaving(_ run: RunState) -> ExitCode {
  printError("left '\(run.name)': its running steps go on; 'orchestrate engine --until-idle' carries it to its end")
  return ExitStatus.interrupted
}

struct MachineOptions: ParsableArguments {
  @Option(help: "How many GPUs this machine has, instead of those found.")
  var gpus: Int?
}
