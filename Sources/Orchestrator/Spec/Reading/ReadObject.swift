import WorkflowCore

/// The kinds of object that are known by their fields.
enum ObjectKind: String, CaseIterable {
  case workflow = "Workflow"
  case workflowTemplate = "WorkflowTemplate"
  case clusterWorkflowTemplate = "ClusterWorkflowTemplate"
  case cronWorkflow = "CronWorkflow"
  case workflowEventBinding = "WorkflowEventBinding"
  case configMap = "ConfigMap"
  case secret = "Secret"
  case persistentVolumeClaim = "PersistentVolumeClaim"

  static let argoVersion = "argoproj.io/v1alpha1"

  var version: String {
    switch self {
    case .configMap, .secret, .persistentVolumeClaim: "v1"
    default: Self.argoVersion
    }
  }

  var schemaType: String {
    switch self {
    case .workflowTemplate, .clusterWorkflowTemplate: "Workflow"
    default: rawValue
    }
  }

  var hasWorkflowSpec: Bool {
    [.workflow, .workflowTemplate, .clusterWorkflowTemplate, .cronWorkflow].contains(self)
  }

  /// Where the object keeps a workflow's spec.
  func spec(of object: SpecCursor) -> SpecCursor? {
    switch self {
    case .workflow, .workflowTemplate, .clusterWorkflowTemplate: object["spec"]
    case .cronWorkflow: object["spec"]?["workflowSpec"]
    default: nil
    }
  }
}

extension WorkflowReader {
  func readObject(_ object: SpecCursor, _ library: TemplateLibrary) -> SpecObject? {
    guard !object.node.isNull else { return nil }
    guard case .object = object.node.content else {
      object.report(
        .wrongType, "an object was expected here, not \(object.node.kindName)",
        hint: "a workflow begins with 'apiVersion: \(ObjectKind.argoVersion)' and 'kind: Workflow'")
      return nil
    }
    guard let name = readKind(object) else { return nil }
    var workflow: Workflow?
    if let kind = ObjectKind(rawValue: name) { workflow = readKnown(object, kind, library) }
    return SpecObject(
      kind: name, metadata: readMetadata(object["metadata"]), manifest: object.node.value,
      position: object.position, workflow: workflow)
  }

  private func readKind(_ object: SpecCursor) -> String? {
    guard let kind = object.name("kind") else {
      object.report(.missing, "this object has no 'kind'", hint: "write 'kind: Workflow'")
      return nil
    }
    let version = object.name("apiVersion")
    if let known = ObjectKind(rawValue: kind.value) {
      checkVersion(version, of: known, object)
    } else if version?.value.hasPrefix("argoproj.io/") ?? true {
      let names = ObjectKind.allCases.map(\.rawValue)
      if let hint = didYouMean(kind.value, among: names) {
        object["kind"]?.report(.unknownName, "unknown kind '\(kind.value)'", hint: hint)
      }
    }
    return kind.value
  }

  private func checkVersion(_ version: Located<String>?, of kind: ObjectKind, _ object: SpecCursor) {
    guard let version else {
      return object.report(
        .missing, "this \(kind.rawValue) has no 'apiVersion'", hint: "write 'apiVersion: \(kind.version)'")
    }
    guard version.value != kind.version else { return }
    object["apiVersion"]?.report(
      .invalidValue, "a \(kind.rawValue) has apiVersion '\(kind.version)', not '\(version.value)'")
  }

  private func readKnown(_ written: SpecCursor, _ kind: ObjectKind, _ library: TemplateLibrary) -> Workflow? {
    let object = library.resolved(written, kind)
    SchemaCheck().check(written, as: .object(kind.schemaType))
    checkName(of: object, kind)
    guard kind.hasWorkflowSpec else { return nil }
    guard let spec = kind.spec(of: object) else {
      object.report(.missing, "this \(kind.rawValue) has no '\(kind == .cronWorkflow ? "spec.workflowSpec" : "spec")'")
      return nil
    }
    let outline = WorkflowOutline(object, spec: spec, kind: kind, submission: self)
    outline.check()
    guard kind == .workflow, !object.log.hasErrors else { return nil }
    return readModel(outline, written, library)
  }

  private func readModel(_ outline: WorkflowOutline, _ written: SpecCursor, _ library: TemplateLibrary) -> Workflow? {
    let expansion = TemplateExpansion(outline.spec, library: library, reportsMissing: purpose == .run)
    let spec = expansion.expanded()
    var used = expansion.used
    var isComplete = expansion.isComplete
    if let reference = written["spec"]?["workflowTemplateRef"], let key = TemplateLibrary.key(of: reference) {
      if library[key] == nil {
        isComplete = false
        if purpose == .run { reference.reportUnknown(key) }
      }
      used.insert(key, at: 0)
    }
    let manifest = written.node.value.keeping(used.compactMap { library[$0]?.value }).keeping(library.defaults)
    let reader = WorkflowModelReader(
      outline, spec: spec, manifest: manifest, library: library, reportsUnsupported: purpose == .run)
    let workflow = reader.read()
    return isComplete && !outline.object.log.hasErrors ? workflow : nil
  }
}

extension Value {
  /// A workflow's manifest with the defaults that stood below it.
  fileprivate func keeping(_ defaults: Value?) -> Value {
    guard let defaults, var members = objectValue else { return self }
    var status = members["status"]?.objectValue ?? [:]
    status[TemplateLibrary.defaultsKey] = defaults
    members["status"] = .object(status)
    return .object(members)
  }

  /// A workflow's manifest with the objects it refers to, which Argo too keeps in its status.
  func keeping(_ objects: [Value]) -> Value {
    guard !objects.isEmpty, var members = objectValue else { return self }
    let kept = members["status"]?[TemplateLibrary.storedKey]?.arrayValue ?? []
    var status = members["status"]?.objectValue ?? [:]
    status[TemplateLibrary.storedKey] = .array(kept + objects.filter { !kept.contains($0) })
    members["status"] = .object(status)
    return .object(members)
  }
}

/// Reads `metadata`; missing parts are empty.
func readMetadata(_ metadata: SpecCursor?) -> ObjectMetadata {
  var result = ObjectMetadata()
  result.name = metadata?.name("name")?.value
  result.generateName = metadata?.name("generateName")?.value
  result.namespace = metadata?.name("namespace")?.value
  for member in metadata?["labels"]?.members ?? [] { result.labels[member.key.value] = member.value.text }
  for member in metadata?["annotations"]?.members ?? [] {
    result.annotations[member.key.value] = member.value.text
  }
  return result
}
