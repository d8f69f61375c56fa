import ArgumentParser
import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// What the verbs on kept objects have in common.
struct KeptObjectOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The namespace.")
  var namespace = "default"

  @OptionGroup var state: StateOptions

  func all(_ kind: String) throws -> [StoredObject] {
    try reportingFailure { try state.open().objects(kind: kind) }.filter {
      $0.namespace == namespace || $0.namespace.isEmpty
    }
  }

  func one(_ kind: String, _ name: String) throws -> StoredObject {
    let known = try all(kind)
    guard let object = known.first(where: { $0.name == name }) else {
      let hint = didYouMean(name, among: known.map(\.name)) ?? "keep it first: orchestrate apply FILE"
      throw fail("there is no \(kind) '\(name)'", hint: hint, ExitStatus.noInput)
    }
    return object
  }

  func delete(_ kind: String, _ names: [String], all: Bool) throws {
    let file = try state.open()
    let chosen = all ? try self.all(kind).map(\.name) : names
    for name in chosen {
      let object = try one(kind, name)
      _ = try reportingFailure { try file.removeObject(kind: kind, namespace: object.namespace, name: name) }
      print("\(kind.lowercased())/\(name) deleted")
    }
  }

  /// Keeps the objects of files, which must all be of one kind.
  func create(_ kind: String, _ files: [String]) throws {
    let read = try inputFiles(files).map { path in
      let (bytes, name) = try readInput(path)
      return WorkflowReader(for: .lint).read(bytes, name: name)
    }
    let reports = read.filter { !$0.diagnostics.isEmpty }.map(\.report)
    if !reports.isEmpty { printError(reports.joined().trimmingCharacters(in: .newlines)) }
    guard !read.contains(where: \.hasErrors) else { throw ExitStatus.wrongWorkflow }
    for object in read.flatMap(\.objects) where object.kind != kind {
      throw fail("'\(object.metadata.name ?? "")' is a \(object.kind), not a \(kind)", ExitStatus.wrongWorkflow)
    }
    let file = try state.create()
    for object in read.flatMap(\.objects) {
      let change = try reportingFailure { try file.keep(object, namespace: namespace, at: SystemTime().now) }
      print("\(kind.lowercased())/\(object.metadata.name ?? "") \(change.rawValue)")
    }
  }
}

enum ObjectFormat: String, ExpressibleByArgument, CaseIterable {
  case text, name, json, yaml

  /// Prints one object, or its name.
  func print(_ object: StoredObject) {
    switch self {
    case .text, .yaml: Swift.print(yamlText(object.manifest), terminator: "")
    case .json: Swift.print(object.manifest.jsonText(indent: 2))
    case .name: Swift.print(object.name)
    }
  }
}

// MARK: template

/// `orchestrate template`: the WorkflowTemplates that are kept.
struct TemplateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template", abstract: "Manage kept workflow templates.",
    discussion: """
      EXAMPLES
        orchestrate template create templates/
        orchestrate template list
        orchestrate template get library -o json
        orchestrate template delete library --cluster
      """,
    subcommands: [List.self, Get.self, Lint.self, Create.self, Delete.self])

  /// Which of the two kinds.
  struct Kind: ParsableArguments {
    @Flag(help: "ClusterWorkflowTemplates instead.")
    var cluster = false

    var name: String { cluster ? "ClusterWorkflowTemplate" : "WorkflowTemplate" }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List them.")
    @OptionGroup var kind: Kind
    @OptionGroup var options: KeptObjectOptions
    @Option(name: .shortAndLong, help: "The form of what is printed.")
    var output: ObjectFormat = .text

    func run() throws {
      let objects = try options.all(kind.name)
      guard output == .text else { return objects.forEach { output.print($0) } }
      var table = TextTable(["NAME", "TEMPLATES", "AGE"])
      for object in objects {
        let count = object.manifest["spec"]?["templates"]?.arrayValue?.count ?? 0
        table.add([object.name, String(count), duration(SystemTime().now.milliseconds(since: object.createdAt))])
      }
      print(table.text)
    }
  }

  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print one.")
    @Argument(help: "Its name.")
    var name: String
    @OptionGroup var kind: Kind
    @OptionGroup var options: KeptObjectOptions
    @Option(name: .shortAndLong, help: "The form of what is printed.")
    var output: ObjectFormat = .text

    func run() throws { output.print(try options.one(kind.name, name)) }
  }

  struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check files, as 'orchestrate lint' does.")
    @OptionGroup var lint: LintFiles
    func run() throws { try lint.run() }
  }

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keep those of files; one of the same name is replaced.")
    @Argument(help: ArgumentHelp("YAML or JSON files, or folders of them.", valueName: "file"))
    var files: [String]
    @OptionGroup var kind: Kind
    @OptionGroup var options: KeptObjectOptions

    func run() throws { try options.create(kind.name, files) }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget some; runs that were submitted keep theirs.")
    @Argument(help: "Their names.")
    var names: [String] = []
    @Flag(help: "Every one of the namespace.")
    var all = false
    @OptionGroup var kind: Kind
    @OptionGroup var options: KeptObjectOptions

    func validate() throws {
      guard names.isEmpty == all else { throw ValidationError("name them, or say --all") }
    }

    func run() throws { try options.delete(kind.name, names, all: all) }
  }
}

/// Inside `TemplateCommand`, `Lint` is its own verb.
typealias LintFiles = Lint
