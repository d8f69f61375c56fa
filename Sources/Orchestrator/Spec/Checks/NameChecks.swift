import WorkflowCore

/// Names: there, well formed, and not given twice.
struct NameChecks {
  let workflow: WorkflowOutline

  init(_ workflow: WorkflowOutline) { self.workflow = workflow }

  func check() {
    checkEach(workflow.templates.map(\.cursor), "template", isWellFormed: isFieldName, fieldNameRule)
    checkParameters(workflow.spec["arguments"])
    for template in workflow.templates { check(template) }
  }

  private func check(_ template: TemplateOutline) {
    checkParameters(template.cursor["inputs"])
    checkParameters(template.cursor["outputs"])
    let calls = template.calls.flatMap { $0 }
    let word = template.isDAG ? "task" : "step"
    checkEach(calls.map(\.cursor), word, isWellFormed: isFieldName, fieldNameRule)
    for call in calls {
      checkParameters(call.cursor["arguments"])
      if let inline = call.inline { check(TemplateOutline(inline)) }
    }
  }

  private func checkParameters(_ owner: SpecCursor?) {
    guard let owner else { return }
    checkEach(owner.list("parameters"), "parameter", isWellFormed: isParameterName, parameterNameRule)
    checkEach(owner.list("artifacts"), "artifact", isWellFormed: isParameterName, parameterNameRule)
  }

  private func checkEach(
    _ cursors: [SpecCursor], _ word: String, isWellFormed: (String) -> Bool, _ rule: String
  ) {
    var places: [String: Position] = [:]
    for cursor in cursors {
      guard let name = cursor.name("name") else {
        cursor.report(.missing, "this \(word) has no name")
        continue
      }
      if let first = places[name.value] {
        cursor["name"]?.report(
          .duplicate, "the \(word) '\(name.value)' is defined twice",
          hint: "it was first defined on line \(first.line)")
      } else if !isWellFormed(replacingTags(in: name.value)) {
        let article = word == "artifact" ? "an" : "a"
        cursor["name"]?.report(.invalidValue, "'\(name.value)' cannot name \(article) \(word)", hint: rule)
      }
      places[name.value] = places[name.value] ?? name.position
    }
  }
}

private let fieldNameRule = "letters, digits and '-', beginning with a letter or digit, at most 128"
private let parameterNameRule = "letters, digits, '-' and '_'"

private func isFieldName(_ name: String) -> Bool {
  guard let first = name.utf8.first, isLetterOrDigit(first), name.utf8.count <= 128 else { return false }
  return name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
}

private func isParameterName(_ name: String) -> Bool {
  name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}

/// Tags in a name are replaced before it counts.
private func replacingTags(in text: String) -> String {
  var result = text
  for tag in tags(in: text) { result = result.replacing(tag.source, with: "x") }
  return result
}

// MARK: The object's own name

extension WorkflowReader {
  /// A name that Kubernetes and Argo would take: present, short enough, and a DNS name.
  func checkName(of object: SpecCursor, _ kind: ObjectKind) {
    let metadata = object["metadata"]
    let limit = kind == .cronWorkflow ? 52 : 63
    if let name = metadata?["name"], !name.text.isEmpty {
      checkObjectName(name, limit: limit)
    } else if let prefix = metadata?["generateName"], !prefix.text.isEmpty {
      checkPrefix(prefix, limit: limit)
    } else if !isNamed {
      (metadata ?? object).report(
        .missing, severity: purpose == .run ? .error : .warning, "this \(kind.rawValue) has no name",
        hint: "give metadata.name, or metadata.generateName for a new name each time")
    }
  }

  private func checkObjectName(_ name: SpecCursor, limit: Int) {
    guard name.text.utf8.count <= limit else {
      return name.report(
        .invalidValue, "the name has \(name.text.utf8.count) characters; at most \(limit) are allowed")
    }
    guard isDNSName(name.text, endsOpen: false) else {
      return name.report(
        .invalidValue, "'\(name.text)' cannot name an object",
        hint: "lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit")
    }
  }

  /// Kubernetes cuts a long prefix; only its characters can be wrong.
  private func checkPrefix(_ prefix: SpecCursor, limit: Int) {
    guard !isDNSName(prefix.text, endsOpen: true) else { return }
    prefix.report(
      .invalidValue, "'\(prefix.text)' cannot begin an object's name",
      hint: "lower-case letters, digits, '-' and '.', beginning with a letter or digit")
  }
}

private func isDNSName(_ name: String, endsOpen: Bool) -> Bool {
  let edges = endsOpen ? [name.utf8.first] : [name.utf8.first, name.utf8.last]
  return edges.allSatisfy { $0.map(isLowerCaseOrDigit) ?? false }
    && name.utf8.allSatisfy {
      isLowerCaseOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
}

private func isLowerCaseOrDigit(_ byte: UInt8) -> Bool {
  isLetterOrDigit(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
}
