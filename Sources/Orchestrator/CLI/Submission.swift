import ArgumentParser
import Foundation
import WorkflowCore
import WorkflowSpec

/// What a submission says beside the file: parameters, names, labels.
struct SubmissionOptions: ParsableArguments {
  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp("A workflow parameter; may be repeated.", valueName: "name=value"))
  var parameter: [String] = []

  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("A YAML or JSON file of parameters; -p wins over it.", valueName: "path"))
  var parameterFile: String?

  @Option(help: "The run's name, instead of the file's.")
  var name: String?

  @Option(help: "The beginning of the run's name, instead of the file's.")
  var generateName: String?

  @Option(help: "The template to start with, instead of the file's entrypoint.")
  var entrypoint: String?

  @Option(name: .customLong("serviceaccount"), help: "The service account that the run is shown with.")
  var serviceAccount: String?

  @Option(help: "The run's priority, instead of the file's.")
  var priority: Int?

  @Option(help: "The time the run is for, in RFC 3339; kept as an annotation.")
  var scheduledTime: String?

  @Option(name: [.customShort("l"), .long], help: ArgumentHelp("Labels to add.", valueName: "key=value,..."))
  var labels: String?

  @Option(name: .shortAndLong, help: "The namespace that the run is shown in, and where its pods run.")
  var namespace: String?

  @Option(
    help: ArgumentHelp(
      "Where steps run: process or kubernetes; a template's annotation orchestrate/executor wins over it.",
      valueName: "executor"))
  var executor: ExecutorKind?

  @Option(
    help: ArgumentHelp(
      "The claim that stands for the current directory in pods: mounted in each, and where it starts.",
      valueName: "claim"))
  var workspaceClaim: String?

  /// Reads the workflow that is to run.
  /// - Throws: exit code 65, the diagnostics printed, when the file is wrong; 66 when it cannot be read.
  func read(_ path: String, _ surroundings: Surroundings) throws -> [Workflow] {
    let (bytes, shown) = try readInput(path)
    return try read(surroundings, shown) { $0.read(bytes, name: shown) }
  }

  /// Reads the workflow that a kept object stands for: `wftmpl/NAME`, `cwftmpl/NAME`, `cronwf/NAME`.
  func read(from source: String, _ surroundings: Surroundings) throws -> [Workflow] {
    let manifest = try surroundings.workflow(from: source, namespace: namespace ?? "default")
    return try read(surroundings, source) { $0.read(manifest, name: source) }
  }

  private func read(
    _ surroundings: Surroundings, _ shown: String, _ body: (WorkflowReader) -> SpecFile
  ) throws -> [Workflow] {
    var reader = WorkflowReader(
      for: .run, parameters: try parameters(), entrypoint: entrypoint, labels: try labelPairs().map(\.name),
      annotations: annotations, isNamed: name != nil || generateName != nil)
    reader.library = try surroundings.library(namespace: namespace ?? "default")
    reader.defaults = surroundings.configuration.workflowDefaults
    let file = body(reader)
    if !file.diagnostics.isEmpty { printError(file.report.trimmingCharacters(in: .newlines)) }
    guard !file.hasErrors else { throw ExitStatus.wrongWorkflow }
    guard !file.workflows.isEmpty else {
      throw fail(
        "\(shown) holds no workflow", hint: "other objects are kept with: orchestrate apply \(shown)",
        ExitStatus.wrongWorkflow)
    }
    return try file.workflows.map { workflow in
      var workflow = workflow
      try override(&workflow)
      return workflow
    }
  }

  private func override(_ workflow: inout Workflow) throws {
    if let entrypoint { workflow.spec.entrypoint = Located(entrypoint) }
    if let scheduledTime { workflow.metadata.annotations[scheduledTimeAnnotation] = scheduledTime }
    for label in try labelPairs() { workflow.metadata.labels[label.name] = label.value }
    var manifest = workflow.manifest.objectValue ?? [:]
    var metadata = manifest["metadata"]?.objectValue ?? [:]
    if !workflow.metadata.labels.isEmpty {
      metadata["labels"] = .object(workflow.metadata.labels.mapValues(Value.string))
    }
    if !workflow.metadata.annotations.isEmpty {
      metadata["annotations"] = .object(workflow.metadata.annotations.mapValues(Value.string))
    }
    manifest["metadata"] = .object(metadata)
    if let serviceAccount { workflow.spec.serviceAccountName = serviceAccount }
    if let priority { workflow.spec.priority = priority }
    var spec = manifest["spec"]?.objectValue ?? [:]
    if let entrypoint { spec["entrypoint"] = .string(entrypoint) }
    if let serviceAccount { spec["serviceAccountName"] = .string(serviceAccount) }
    if let priority { spec["priority"] = .int(Int64(priority)) }
    manifest["spec"] = .object(spec)
    workflow.manifest = .object(manifest)
  }

  /// What the options say to the executors, in the words of a workflow.
  private var annotations: [ParameterValue] {
    [(ExecutorKind.annotation, executor?.rawValue), ("orchestrate/workspace-claim", workspaceClaim)].compactMap {
      name, value in
      value.map { ParameterValue(name: name, value: $0) }
    }
  }

  /// A run of the workflow, begun now, here.
  func makeRun(_ workflow: Workflow, at now: Timestamp, namespace fallback: String = "default") throws -> RunState {
    RunState(
      uid: UUID().uuidString.lowercased(), name: runName(workflow.metadata),
      namespace: namespace ?? workflow.metadata.namespace ?? fallback,
      workflow: workflow, parameters: values(for: workflow, given: try parameters()), createdAt: now,
      directory: FileManager.default.currentDirectoryPath)
  }

  private func runName(_ metadata: ObjectMetadata) -> String {
    if let name { return name }
    if let prefix = generateName ?? (metadata.name == nil ? metadata.generateName : nil) {
      return prefix + randomSuffix()
    }
    return metadata.name ?? "workflow-" + randomSuffix()
  }

  private func values(for workflow: Workflow, given: [ParameterValue]) -> [ParameterValue] {
    var values = workflow.spec.arguments.map { parameter in
      let written =
        parameter.value?.source ?? workflow.configMapValue(of: parameter) ?? parameter.defaultValue?.source ?? ""
      return ParameterValue(name: parameter.name.value, value: given[parameter.name.value] ?? written)
    }
    values += given.filter { values[$0.name] == nil }
    return values
  }

  func parameters() throws -> [ParameterValue] {
    var values = try parameterFile.map(parametersFromFile) ?? []
    for pair in try parameter.map({ try split($0, option: "-p") }) {
      values.removeAll { $0.name == pair.name }
      values.append(pair)
    }
    return values
  }

  private func parametersFromFile(_ path: String) throws -> [ParameterValue] {
    let (bytes, shown) = try readInput(path)
    let document = PlainDocument(bytes, name: shown)
    guard let members = document.value?.objectValue else {
      throw fail(document.report ?? "\(shown) is not a mapping of names to values", ExitStatus.wrongWorkflow)
    }
    return members.map { ParameterValue(name: $0.key, value: $0.value.tagText) }
  }

  private func labelPairs() throws -> [ParameterValue] {
    try (labels ?? "").split(separator: ",").map { try split(String($0), option: "-l") }
  }

  private func split(_ text: String, option: String) throws -> ParameterValue {
    guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
      throw ValidationError("\(option) '\(text)': write it as name=value")
    }
    return ParameterValue(name: String(text[..<mark]), value: String(text[text.index(after: mark)...]))
  }
}

extension ExecutorKind: ExpressibleByArgument {}

/// Five characters as Kubernetes appends them to a generateName: no vowels, nothing that looks like something else.
func randomSuffix() -> String {
  let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
  return String((0..<5).compactMap { _ in alphabet.randomElement() })
}

/// Where Argo keeps the time that a run was scheduled for.
let scheduledTimeAnnotation = "workflows.argoproj.io/scheduled-time"
