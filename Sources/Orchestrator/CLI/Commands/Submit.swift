import ArgumentParser
import Execution
import Foundation
import KubernetesExecution
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
        orchestrate submit workflows/daily.yaml --detach && orchestrate watch @latest
        cat workflow.yaml | orchestrate submit -
        orchestrate submit workflows/daily.yaml --executor kubernetes --workspace-claim lake

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

  @Flag(help: "Leave the run to an engine in the background, and return.")
  var detach = false

  func run() async throws {
    let workflow = try submission.read(file)
    let run = try submission.makeRun(workflow, at: SystemTime().now, namespace: try namespace(for: workflow))
    let stateFile = try state.create()
    do {
      try stateFile.insert(run)
    } catch {
      throw fail("\(error)", error == .nameTaken(run.name) ? ExitStatus.wrongWorkflow : ExitStatus.tryAgain)
    }
    try await Carrier(stateFile, state, machine).finish(run, detaching: detach, output)
  }
}

extension Submit {
  /// Where a run is put that names no namespace; a run of pods needs a cluster, and is told so before it begins.
  private func namespace(for workflow: Workflow) throws -> String {
    guard workflow.spec.pod != nil else { return "default" }
    do throws(ExecutionError) {
      return try machine.cluster().namespace
    } catch {
      throw fail(error.message, ExitStatus.noInput)
    }
  }
}

struct MachineOptions: ParsableArguments {
  @Option(help: "How many GPUs this machine has, instead of those found.")
  var gpus: Int?

  @Option(
    help: ArgumentHelp("The context of the kubeconfig that pods run in, instead of the current one.", valueName: "name")
  )
  var context: String?
}
