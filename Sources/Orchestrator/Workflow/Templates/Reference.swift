/// A name inside `{{...}}`, taken apart once when the workflow is read.
public enum Reference: Hashable, Sendable {
  case inputParameter(String)
  /// All inputs as one JSON list of `{name, value}`.
  case inputParameters
  case workflowParameter(String)
  /// All workflow parameters as one JSON list.
  case workflowParameters
  case workflow(WorkflowVariable)
  case workflowLabel(String)
  case workflowAnnotation(String)
  case workflowOutputParameter(String)
  /// A step or task of the same steps or dag template.
  case sibling(name: String, SiblingVariable)
  /// The whole loop item, or the value at a path of keys inside it.
  case item([String])
  case nodeName
  case podName
  /// The number of this attempt: 0 for the first.
  case retries
  /// How the attempt before this one ended.
  case lastRetry(RetryVariable)
  /// The path of one of the template's own output files.
  case outputPath(String)
  /// The path of one of the template's own artifacts.
  case artifactPath(String, isInput: Bool)
  /// An artifact itself, to hand it on.
  case inputArtifact(String)
  case workflowOutputArtifact(String)

  public enum WorkflowVariable: String, CaseIterable, Hashable, Sendable {
    case name, namespace, uid, mainEntrypoint, serviceAccountName, priority, duration, status, failures
    case creationTimestamp
  }

  public enum RetryVariable: String, CaseIterable, Hashable, Sendable {
    case exitCode, status, duration, message
  }

  public enum SiblingVariable: Hashable, Sendable {
    case id, status, startedAt, finishedAt, exitCode, result
    case outputParameter(String)
    case outputArtifact(String)
    /// All outputs of a loop as one JSON list.
    case outputParameters
  }

  /// Takes a dotted name apart; nil when its first word is no scope of ours.
  public init?(tag: String) {
    let words = tag.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch words[0] {
    case "inputs": self.init(inputs: words)
    case "outputs": self.init(outputs: words)
    case "workflow": self.init(workflow: words)
    case "steps", "tasks": self.init(sibling: words)
    case "item": self = .item(Array(words.dropFirst()))
    case "node" where tag == "node.name": self = .nodeName
    case "pod" where tag == "pod.name": self = .podName
    case "lastRetry" where words.count == 2:
      guard let variable = RetryVariable(rawValue: words[1]) else { return nil }
      self = .lastRetry(variable)
    case "retries" where words.count == 1: self = .retries
    default: return nil
    }
  }

  private init?(inputs words: [String]) {
    guard words.count >= 2 else { return nil }
    if words[1] == "artifacts", words.count >= 3 {
      self =
        words.count > 3 && words.last == "path"
        ? .artifactPath(words[2..<(words.count - 1)].joined(separator: "."), isInput: true)
        : .inputArtifact(words[2...].joined(separator: "."))
      return
    }
    guard words[1] == "parameters" else { return nil }
    self = words.count == 2 ? .inputParameters : .inputParameter(words[2...].joined(separator: "."))
  }

  private init?(outputs words: [String]) {
    guard words.count >= 4, words.last == "path" else { return nil }
    let name = words[2..<(words.count - 1)].joined(separator: ".")
    switch words[1] {
    case "parameters": self = .outputPath(name)
    case "artifacts": self = .artifactPath(name, isInput: false)
    default: return nil
    }
  }

  private init?(workflow words: [String]) {
    guard words.count >= 2 else { return nil }
    let rest = words.dropFirst(2).joined(separator: ".")
    switch words[1] {
    case "parameters": self = rest.isEmpty || rest == "json" ? .workflowParameters : .workflowParameter(rest)
    case "labels" where !rest.isEmpty: self = .workflowLabel(rest)
    case "annotations" where !rest.isEmpty: self = .workflowAnnotation(rest)
    case "outputs" where words.count >= 4 && words[2] == "parameters":
      self = .workflowOutputParameter(words[3...].joined(separator: "."))
    case "outputs" where words.count >= 4 && words[2] == "artifacts":
      self = .workflowOutputArtifact(words[3...].joined(separator: "."))
    default:
      guard rest.isEmpty, let variable = WorkflowVariable(rawValue: words[1]) else { return nil }
      self = .workflow(variable)
    }
  }

  private init?(sibling words: [String]) {
    guard words.count >= 3 else { return nil }
    let tail = Array(words[2...])
    let variable: SiblingVariable
    switch tail {
    case ["id"]: variable = .id
    case ["status"]: variable = .status
    case ["startedAt"]: variable = .startedAt
    case ["finishedAt"]: variable = .finishedAt
    case ["exitCode"]: variable = .exitCode
    case ["outputs", "result"]: variable = .result
    case ["outputs", "parameters"]: variable = .outputParameters
    default:
      guard tail.count >= 3, tail[0] == "outputs" else { return nil }
      let name = tail[2...].joined(separator: ".")
      switch tail[1] {
      case "parameters": variable = .outputParameter(name)
      case "artifacts": variable = .outputArtifact(name)
      default: return nil
      }
    }
    self = .sibling(name: words[1], variable)
  }
}
