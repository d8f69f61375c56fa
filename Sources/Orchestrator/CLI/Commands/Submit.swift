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

  @Argument(
    help: ArgumentHelp("Workflows: YAML or JSON files, or folders of them; - reads standard input.", valueName: "file"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "A kept object instead of files: wftmpl/NAME, cwftmpl/NAME or cronwf/NAME.", valueName: "kind/name"))
  var from: String?

  @OptionGroup var submission: SubmissionOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .shortAndLong, help: "What to print on standard output at the end.")
  var output: OutputFormat = .text

  @Flag(help: "Leave the run to an engine in the background, and return.")
  var detach = false

  @Flag(help: "Print the graph that would come of it, every step ending well with made-up outputs; nothing runs.")
  var dryRun = false

  @Flag(help: "The same as --dry-run: there is no server.")
  var serverDryRun = false

  @Option(
    help: ArgumentHelp(
      "Outputs that stand in for a step, a file of JSON or YAML; may be repeated.", valueName: "node=file"))
  var mock: [String] = []

  @Flag(inversion: .prefixedNo, help: "Refuse unknown fields, as always here.")
  var strict = true

  @Flag(name: .shortAndLong, help: "Wait for the end, as always without --detach.")
  var wait = false

  @Flag(help: "Show the tree while it runs, as always on a terminal.")
  var watch = false

  @Flag(help: "Print what the steps printed, too, once it has ended.")
  var log = false

  func validate() throws {
    guard files.isEmpty != (from == nil) else { throw ValidationError("name files, or say --from KIND/NAME") }
    if detach, !mock.isEmpty { throw ValidationError("--mock needs this process: it cannot stand with --detach") }
    if !strict { throw ValidationError("--no-strict: unknown fields are always refused here") }
  }

  func run() async throws {
    let surroundings = try Surroundings(state, machine)
    let mocks = try Mocks(mock)
    var workflows = try inputFiles(files).flatMap { try submission.read($0, surroundings) }
    if let from { workflows += try submission.read(from: from, surroundings) }
    let runs = try workflows.map {
      try submission.makeRun($0, at: SystemTime().now, namespace: try namespace(for: $0))
    }
    guard !dryRun, !serverDryRun else { return rehearse(runs, mocks) }
    let stateFile = try state.create()
    for run in runs { try insert(run, stateFile) }
    try await finish(runs, stateFile, try Carrier(stateFile, state, machine, mocks: mocks))
  }

  /// Every run is seen to its end, also after one that failed.
  private func finish(_ runs: [RunState], _ file: StateFile, _ carrier: Carrier) async throws {
    var failure: ExitCode?
    for run in runs {
      do {
        try await carrier.finish(run, detaching: detach, output)
      } catch let code as ExitCode where code == ExitStatus.workflowFailed {
        failure = code
      }
      if log, !detach { printLogs(of: try state.run(named: run.uid, in: file)) }
    }
    if let failure { throw failure }
  }

  private func printLogs(of run: RunState) {
    for node in run.nodes where node.type.isLeaf {
      for line in AttemptLog(of: node, in: run, under: state.attemptsRoot).lines(tail: nil) {
        print("\(node.displayName): \(line)")
      }
    }
  }

  private func rehearse(_ runs: [RunState], _ mocks: Mocks) {
    for run in runs {
      let now = SystemTime().now
      var rehearsal = Rehearsal(run, mocks, at: now)
      rehearsal.play()
      switch output {
      case .text: print(RunReport(rehearsal.run, now: now).text(style: .forStandardOutput))
      default: output.print(rehearsal.run)
      }
    }
  }

  private func insert(_ run: RunState, _ file: StateFile) throws {
    do {
      try file.insert(run)
    } catch {
      throw fail("\(error)", error == .nameTaken(run.name) ? ExitStatus.wrongWorkflow : ExitStatus.tryAgain)
    }
  }
}

/// What a submission meets: kept objects, and the configuration.
struct Surroundings {
  let configuration: Configuration
  private let file: StateFile?

  init(_ state: StateOptions, _ machine: MachineOptions) throws {
    configuration = try Configuration.read(machine.config, besideStateFile: state.path)
    // A file that is not there yet holds nothing, and is not made for a workflow that may be wrong.
    file = FileManager.default.fileExists(atPath: state.path) ? try state.open() : nil
  }

  /// A workflow made of a kept object.
  func workflow(from source: String, namespace: String) throws -> Value {
    let parts = source.split(separator: "/", maxSplits: 1).map(String.init)
    let kinds = [
      "wftmpl": "WorkflowTemplate", "workflowtemplate": "WorkflowTemplate", "cwftmpl": "ClusterWorkflowTemplate",
      "clusterworkflowtemplate": "ClusterWorkflowTemplate", "cronwf": "CronWorkflow", "cronworkflow": "CronWorkflow",
    ]
    guard parts.count == 2, let kind = kinds[parts[0].lowercased()] else {
      throw ValidationError("--from '\(source)': write it as wftmpl/NAME, cwftmpl/NAME or cronwf/NAME")
    }
    let place = kind == "ClusterWorkflowTemplate" ? "" : namespace
    guard let object = try reportingFailure({ try file?.object(kind: kind, namespace: place, name: parts[1]) }) else {
      throw fail(
        "there is no \(kind) '\(parts[1])'", hint: "keep it first: orchestrate apply FILE", ExitStatus.noInput)
    }
    return object.workflow
  }

  func library(namespace: String) throws -> [Value] {
    try reportingFailure { try file?.library(namespace: namespace) ?? [] }
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

  @Option(
    help: ArgumentHelp(
      "The configuration file.",
      discussion: "Default: $ORCHESTRATE_CONFIG, else config.yaml beside the state file, else orchestrate.yaml here.",
      valueName: "path"))
  var config: String?
}
