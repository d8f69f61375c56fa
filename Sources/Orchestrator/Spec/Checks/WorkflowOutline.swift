import WorkflowCore

/// A workflow's spec as the checks see it: names and their places, whatever the engine can run of it.
struct WorkflowOutline {
  let object: SpecCursor
  let kind: ObjectKind
  let spec: SpecCursor
  let submission: WorkflowReader
  let templates: [TemplateOutline]
  /// The first template of each name.
  let templatesByName: [String: Int]

  init(_ object: SpecCursor, spec: SpecCursor, kind: ObjectKind, submission: WorkflowReader) {
    self.object = object
    self.kind = kind
    self.submission = submission
    self.spec = spec
    templates = spec.list("templates").map { TemplateOutline($0) }
    var byName: [String: Int] = [:]
    for (index, template) in templates.enumerated() where byName[template.name.value] == nil {
      byName[template.name.value] = index
    }
    templatesByName = byName
  }

  /// Templates may come from an object that is not in the file.
  var hasForeignTemplates: Bool { spec["workflowTemplateRef"] != nil }

  /// A workflow says what runs and with what; a template of workflows may leave that open.
  var isRunnable: Bool { kind == .workflow || kind == .cronWorkflow }

  func template(_ name: String) -> TemplateOutline? { templatesByName[name].map { templates[$0] } }

  var templateNames: [String] { templates.map(\.name.value) }

  /// The workflow's parameters by name, those of `-p` included.
  var parameterNames: [String] {
    spec["arguments"].map { $0.list("parameters").compactMap { $0.name("name")?.value } } ?? []
  }

  /// Runs every check.
  func check() {
    NameChecks(self).check()
    EntryChecks(self).check()
    TemplateChecks(self).check()
    CallChecks(self).check()
    DependencyChecks(self).check()
    ReferenceChecks(self).check()
    ValueChecks(self).check()
  }
}

/// One template: what it is called, takes and gives, and what it calls.
struct TemplateOutline {
  static let kinds = [
    "container", "script", "steps", "dag", "suspend", "resource", "http", "data", "containerSet", "plugin",
  ]

  let cursor: SpecCursor
  let name: Located<String>
  /// The template kinds it has; right is exactly one.
  let kinds: [Located<String>]
  let inputs: [InputOutline]
  let artifacts: [InputOutline]
  let outputs: [Located<String>]
  let outputArtifacts: [Located<String>]
  /// Steps by group; each task of a DAG is in one group with all others.
  let calls: [[CallOutline]]

  init(_ cursor: SpecCursor) {
    self.cursor = cursor
    name = cursor.name("name") ?? Located("", at: cursor.position)
    kinds = cursor.members.filter { Self.kinds.contains($0.key.value) }.map(\.key)
    inputs = cursor["inputs"].map { $0.list("parameters").map { InputOutline(parameter: $0) } } ?? []
    artifacts = cursor["inputs"].map { $0.list("artifacts").map { InputOutline(artifact: $0) } } ?? []
    outputs = Self.names(cursor["outputs"], "parameters")
    outputArtifacts = Self.names(cursor["outputs"], "artifacts")
    calls = Self.calls(of: cursor)
  }

  private static func names(_ outputs: SpecCursor?, _ key: String) -> [Located<String>] {
    outputs?.list(key).compactMap { $0.name("name") } ?? []
  }

  private static func calls(of cursor: SpecCursor) -> [[CallOutline]] {
    if let dag = cursor["dag"] { return [dag.list("tasks").map { CallOutline($0) }] }
    return cursor.list("steps").map { group in group.elements.map { CallOutline($0) } }
  }

  var kind: String { kinds.first?.value ?? "" }
  var isDAG: Bool { kind == "dag" }
  /// Calls other templates instead of doing work itself.
  var isComposite: Bool { kind == "steps" || kind == "dag" }
  /// What its calls are named in tags.
  var scopeWord: String { isDAG ? "tasks" : "steps" }
}

/// A declared input.
struct InputOutline {
  let cursor: SpecCursor
  let name: Located<String>
  /// Whether a call may leave it out.
  let isOptional: Bool

  init(parameter cursor: SpecCursor) {
    self.cursor = cursor
    name = cursor.name("name") ?? Located("", at: cursor.position)
    isOptional = ["value", "default", "valueFrom"].contains { cursor[$0] != nil }
  }

  init(artifact cursor: SpecCursor) {
    self.cursor = cursor
    name = cursor.name("name") ?? Located("", at: cursor.position)
    let locations = [
      "s3", "gcs", "azure", "oss", "hdfs", "git", "http", "artifactory", "raw", "plugin",
    ]
    isOptional = cursor.flag("optional") ?? false || locations.contains { cursor[$0] != nil }
  }
}

/// One step or task.
struct CallOutline {
  let cursor: SpecCursor
  let name: Located<String>
  let template: Located<String>?
  /// The template written in place.
  let inline: SpecCursor?
  let isLooped: Bool

  init(_ cursor: SpecCursor) {
    self.cursor = cursor
    name = cursor.name("name") ?? Located("", at: cursor.position)
    template = cursor.name("template")
    inline = cursor["inline"]
    isLooped = ["withItems", "withParam", "withSequence"].contains { cursor[$0] != nil }
  }

  var arguments: [SpecCursor] { cursor["arguments"]?.list("parameters") ?? [] }
  var artifacts: [SpecCursor] { cursor["arguments"]?.list("artifacts") ?? [] }
}
