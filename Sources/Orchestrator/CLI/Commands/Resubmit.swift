import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// `orchestrate resubmit`: a new run of what an earlier one ran.
struct Resubmit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a run's workflow again, as a new run.",
    discussion: """
      EXAMPLES
        orchestrate resubmit @latest
        orchestrate resubmit @latest -p date=2013-07-05
        orchestrate resubmit @latest --memoized        take over what succeeded; only of a run that failed
      """)

  private static let origin = "workflows.argoproj.io/resubmitted-from-workflow"

  @Argument(help: "The earlier run's name, or @latest.")
  var name: String

  @Flag(help: "Skip what succeeded in the earlier run, and take over its outputs.")
  var memoized = false

  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp(
      "A workflow parameter's value, instead of the earlier run's; may be repeated.", valueName: "name=value"))
  var parameter: [String] = []

  @Flag(help: "Leave the run to an engine in the background, and return.")
  var detach = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .shortAndLong, help: "What to print on standard output at the end.")
  var output: OutputFormat = .text

  func run() async throws {
    let file = try state.open()
    let run = try again(try state.run(named: name, in: file))
    do {
      try file.insert(run)
    } catch {
      throw fail("\(error)", ExitStatus.tryAgain)
    }
    try await Carrier(file, state, machine).finish(run, detaching: detach, output)
  }

  private func again(_ earlier: RunState) throws -> RunState {
    let given = try parameter.map { try ParameterValue(pair: $0, option: "-p") }
    let values =
      earlier.parameters.map { ParameterValue(name: $0.name, value: given[$0.name] ?? $0.value) }
      + given.filter { earlier.parameters[$0.name] == nil }
    let prefix = earlier.workflow.metadata.generateName ?? earlier.name + "-"
    let (uid, newName, now) = (UUID().uuidString.lowercased(), prefix + randomSuffix(), SystemTime().now)
    let workflow = labelled(earlier.workflow, from: earlier.name)
    guard memoized else {
      return RunState(
        uid: uid, name: newName, namespace: earlier.namespace, workflow: workflow, parameters: values, createdAt: now,
        directory: earlier.directory)
    }
    do {
      return try earlier.resubmitted(as: workflow, uid: uid, name: newName, parameters: values, at: now)
    } catch {
      throw fail("'\(earlier.name)': \(error)", ExitStatus.wrongWorkflow)
    }
  }

  private func labelled(_ workflow: Workflow, from name: String) -> Workflow {
    var workflow = workflow
    workflow.metadata.labels[Self.origin] = name
    var manifest = workflow.manifest.objectValue ?? [:]
    var metadata = manifest["metadata"]?.objectValue ?? [:]
    metadata["labels"] = .object(workflow.metadata.labels.mapValues(Value.string))
    manifest["metadata"] = .object(metadata)
    workflow.manifest = .object(manifest)
    return workflow
  }
}
