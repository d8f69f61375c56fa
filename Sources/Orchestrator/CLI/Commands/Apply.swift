import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// `orchestrate apply`: keeps objects for runs to refer to.
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep templates, cron workflows, ConfigMaps, Secrets and claims for runs to refer to.",
    discussion: """
      EXAMPLES
        orchestrate apply templates/
        orchestrate apply settings.yaml secrets.yaml
        kubectl get configmap settings -o yaml | orchestrate apply -

      One of the same kind and name is replaced. Secrets are kept in files of their own beside the state file, which only
      their owner may read. A run that was submitted keeps the templates and parameters it was submitted with; files and
      variables from ConfigMaps and Secrets are taken anew for each step.
      """)

  static let kinds = [
    "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "ConfigMap", "Secret", "PersistentVolumeClaim",
    "WorkflowEventBinding",
  ]

  @Argument(help: ArgumentHelp("YAML or JSON files, or folders of them; - reads standard input.", valueName: "file"))
  var files: [String]

  @Option(name: .shortAndLong, help: "The namespace of objects that name none.")
  var namespace: String?

  @OptionGroup var state: StateOptions

  func run() throws {
    let read = try inputFiles(files).map { path in
      let (bytes, name) = try readInput(path)
      return WorkflowReader(for: .lint).read(bytes, name: name)
    }
    let reports = read.filter { !$0.diagnostics.isEmpty }.map(\.report)
    if !reports.isEmpty { printError(reports.joined().trimmingCharacters(in: .newlines)) }
    // All or none: a folder of which half was kept is worse than one that was refused.
    guard !read.contains(where: \.hasErrors) else { throw ExitStatus.wrongWorkflow }
    for file in read { try file.objects.forEach { try check($0, file) } }
    let stateFile = try state.create()
    for object in read.flatMap(\.objects) {
      let change = try reportingFailure { try stateFile.keep(object, namespace: namespace, at: SystemTime().now) }
      print("\(object.kind.lowercased())/\(object.metadata.name ?? "") \(change.rawValue)")
    }
  }

  private func check(_ object: SpecObject, _ file: SpecFile) throws {
    let place = "\(file.source.name):\(object.position.line)"
    guard Self.kinds.contains(object.kind) else {
      throw fail(
        "\(place): a \(object.kind) cannot be kept",
        hint: object.kind == "Workflow"
          ? "orchestrate submit \(file.source.name)" : "known kinds: \(Self.kinds.joined(separator: ", "))",
        ExitStatus.wrongWorkflow)
    }
    guard object.metadata.name != nil else {
      throw fail("\(place): this \(object.kind) has no metadata.name", ExitStatus.wrongWorkflow)
    }
  }
}

/// Runs `body`, and ends the command with what went wrong.
func reportingFailure<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let code as ExitCode {
    throw code
  } catch {
    throw fail("\(error)", ExitStatus.tryAgain)
  }
}
