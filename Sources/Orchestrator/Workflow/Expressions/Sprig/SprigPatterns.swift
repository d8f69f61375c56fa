extension SprigFunctions {
  static let patterns =
    aliases(["regexMatch", "mustRegexMatch"], 2) { call throws(RenderError) in
      .bool(try call.matches(limit: 1).isEmpty == false)
    }
    + aliases(["regexFind", "mustRegexFind"], 2) { call throws(RenderError) in
      .string(try call.matches(limit: 1).first?.text ?? "")
    }
    + aliases(["regexFindAll", "mustRegexFindAll"], 3) { call throws(RenderError) in
      .strings(try call.matches(limit: call.count(2)).map(\.text))
    }
    + aliases(["regexReplaceAll", "mustRegexReplaceAll"], 3) { call throws(RenderError) in
      let template = try call.string(2)
      return try call.replaced { match in match.expanded(template) }
    }
    + aliases(["regexReplaceAllLiteral", "mustRegexReplaceAllLiteral"], 3) { call throws(RenderError) in
      let replacement = try call.string(2)
      return try call.replaced { _ in replacement }
    }
    + aliases(["regexSplit", "mustRegexSplit"], 3) { call throws(RenderError) in .strings(try call.split()) }
    + aliases(["regexQuoteMeta"], 1) { call throws(RenderError) in
      .string(try call.string(0).map { "\\.+*?()|[]{}^$".contains($0) ? "\\\($0)" : String($0) }.joined())
    }
    + aliases(["semver"], 1) { call throws(RenderError) in .version(try call.version(0)) }
    + aliases(["semverCompare"], 2) { call throws(RenderError) in
      let text = try call.string(0)
      guard let constraint = VersionConstraint(text) else {
        throw call.failure("'\(text)' is not a version constraint")
      }
      return .bool(constraint.allows(try call.version(1)))
    }
}

/// A match of a call's pattern in its text.
private struct TextMatch {
  let match: RegularExpressionMatch
  let scalars: [Unicode.Scalar]
  let groupNames: [String?]

  var text: String { group(0) }

  private func group(_ index: Int) -> String {
    guard match.groups.indices.contains(index), let range = match.groups[index] else { return "" }
    return String(String.UnicodeScalarView(scalars[range]))
  }

  /// `template` with `$1`, `$name`, `${name}` and `$$` replaced, as Go's `Expand` reads them.
  func expanded(_ template: String) -> String {
    var result = ""
    var rest = template[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest.removeFirst()
      } else if let name = takeName(from: &rest) {
        result += Int(name).map(group) ?? groupNames.firstIndex(of: name).map(group) ?? ""
      } else {
        result += "$"
      }
    }
    return result + rest
  }

  private func takeName(from rest: inout Substring) -> String? {
    let isBraced = rest.first == "{"
    let name = rest.dropFirst(isBraced ? 1 : 0).prefix { $0 == "_" || $0.isLetter || $0.isNumber }
    let after = rest[name.endIndex...]
    guard !name.isEmpty, !isBraced || after.first == "}" else { return nil }
    rest = after.dropFirst(isBraced ? 1 : 0)
    return String(name)
  }
}

extension FunctionCall {
  /// Where the pattern (argument 0) is found in the text (argument 1).
  fileprivate func matches(limit: Int) throws(RenderError) -> [TextMatch] {
    let (pattern, text) = (try string(0), try string(1))
    do {
      let expression = try RegularExpression(pattern)
      let scalars = Array(text.unicodeScalars)
      return try expression.allMatches(in: scalars, limit: limit < 0 ? .max : limit).map {
        TextMatch(match: $0, scalars: scalars, groupNames: expression.program.groupNames)
      }
    } catch {
      throw failure("the pattern '\(pattern)': \(error)")
    }
  }

  fileprivate func replaced(_ replacement: (TextMatch) -> String) throws(RenderError) -> Operand {
    let scalars = Array(try string(1).unicodeScalars)
    var result = ""
    var start = 0
    for match in try matches(limit: -1) {
      result.unicodeScalars += scalars[start..<match.match.range.lowerBound]
      result += replacement(match)
      start = match.match.range.upperBound
      try budget.check(size: result.utf8.count)
    }
    result.unicodeScalars += scalars[start...]
    return .string(result)
  }

  /// The pieces between matches, as Go's `Split`: at most `limit` (argument 2) of them when that is positive. An empty
  /// match at the start parts nothing, and none follows an empty match at the end.
  fileprivate func split() throws(RenderError) -> [String] {
    let limit = try count(2)
    guard limit != 0 else { return [] }
    let scalars = Array(try string(1).unicodeScalars)
    guard !scalars.isEmpty else { return [""] }
    var pieces: [String] = []
    var (start, end) = (0, 0)
    for match in try matches(limit: -1) {
      if limit > 0, pieces.count == limit - 1 { break }
      end = match.match.range.lowerBound
      if match.match.range.upperBound > 0 { pieces.append(String(String.UnicodeScalarView(scalars[start..<end]))) }
      start = match.match.range.upperBound
    }
    return end == scalars.count ? pieces : pieces + [String(String.UnicodeScalarView(scalars[start...]))]
  }

  fileprivate func version(_ index: Int) throws(RenderError) -> SemanticVersion {
    let text = try string(index)
    guard let version = SemanticVersion(text) else { throw failure("'\(text)' is not a version such as 1.2.3") }
    return version
  }
}
