/// Text with `{{tags}}`, split into segments once when the workflow is read. Rendering is one pass; its output is never
/// scanned again, so no value can become a tag.
public struct TemplateString: Hashable, Sendable {
  public enum Segment: Hashable, Sendable {
    case text(String)
    case reference(Reference)
    /// `{{=...}}`.
    case expression(Expression)
    /// A tag whose name belongs to no scope of ours (`{{custom}}`): Argo leaves such tags as they are. So is an
    /// expression that cannot be read; the reader of workflows says what is wrong with it.
    case unknown(String)
  }

  public let segments: [Segment]
  /// The text as it was written.
  public let source: String
  /// Where the text begins in the workflow file.
  public let position: Position

  public init(_ source: String, at position: Position = .none) {
    self.source = source
    self.position = position
    self.segments = Self.split(source)
  }

  public static func == (left: Self, right: Self) -> Bool { left.source == right.source }
  public func hash(into hasher: inout Hasher) { hasher.combine(source) }

  /// Every name the text mentions, those inside expressions included.
  public var references: [Reference] {
    segments.flatMap { segment -> [Reference] in
      switch segment {
      case .reference(let reference): [reference]
      case .expression(let expression): expression.references.compactMap(\.reference)
      case .text, .unknown: []
      }
    }
  }

  var expressions: [Expression] {
    segments.compactMap { segment in
      guard case .expression(let expression) = segment else { return nil }
      return expression
    }
  }

  /// The whole text when it holds no tag.
  public var literal: String? {
    switch segments.count {
    case 0: return ""
    case 1: if case .text(let text) = segments[0] { return text }
    default: break
    }
    return nil
  }

  /// This text with every tag replaced by what `source` says.
  public func render(in source: some TagSource) throws(RenderError) -> String {
    var text = ""
    for segment in segments { text += try segment.rendered(in: source) }
    return text
  }

  private static func split(_ source: String) -> [Segment] {
    var segments: [Segment] = []
    var rest = source[...]
    while let (before, tag, after) = nextTag(in: rest) {
      append(text: before, to: &segments)
      segments.append(Segment(tag: tag))
      rest = after
    }
    append(text: rest, to: &segments)
    return segments
  }

  private static func append(text: Substring, to segments: inout [Segment]) {
    if !text.isEmpty { segments.append(.text(String(text))) }
  }

  /// Searched byte by byte: comparing characters would take most of the time that a large file needs.
  private static func nextTag(in text: Substring) -> (before: Substring, tag: Substring, after: Substring)? {
    guard let open = firstPair(of: UInt8(ascii: "{"), in: text) else { return nil }
    guard let close = closingBraces(after: text[open.upperBound...]) else { return nil }
    return (text[..<open.lowerBound], text[open.upperBound..<close.lowerBound], text[close.upperBound...])
  }

  /// Where a byte first stands twice in a row.
  static func firstPair(of byte: UInt8, in text: Substring) -> Range<Substring.Index>? {
    let bytes = text.utf8
    var before: Substring.Index?
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let next = bytes.index(after: index)
      if bytes[index] != byte {
        before = nil
      } else if let before {
        return before..<next
      } else {
        before = index
      }
      index = next
    }
    return nil
  }
}

extension TemplateString {
  /// The braces that end a tag: the first `}}`; for an expression the first that is not its own.
  /// - Parameter text: what follows the opening braces.
  static func closingBraces(after text: Substring) -> Range<Substring.Index>? {
    let body = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    guard body.first == UInt8(ascii: "=") else { return firstPair(of: UInt8(ascii: "}"), in: text) }
    return Expression.closingBraces(in: Substring(body.dropFirst()))
  }
}

extension TemplateString.Segment {
  /// Reads what stands between the braces of a tag.
  fileprivate init(tag: Substring) {
    let name = trimmed(tag)
    if name.first == "=" {
      let expression = try? Expression(parsing: String(name.dropFirst()))
      self = expression.map(Self.expression) ?? .unknown("{{\(tag)}}")
    } else {
      self = Reference(tag: name).map(Self.reference) ?? .unknown("{{\(tag)}}")
    }
  }

  func rendered(in source: some TagSource) throws(RenderError) -> String {
    switch self {
    case .text(let literal): literal
    case .unknown(let tag): tag
    case .reference(let reference): try source.text(of: reference)
    case .expression(let expression): try expression.text(in: source)
    }
  }
}

/// Where tags get their values: plain ones as text, the names of expressions as values.
public protocol TagSource: ExpressionEnvironment {
  func text(of reference: Reference) throws(RenderError) -> String
}

extension TemplateString: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}

/// Why a tag has no value.
public struct RenderError: Error, Hashable, Sendable, CustomStringConvertible {
  public let message: String
  /// The tag is right but its producer gave nothing: it was skipped, say. Defaults answer for such tags.
  public let isAbsence: Bool

  public init(_ message: String, isAbsence: Bool = false) {
    self.message = message
    self.isAbsence = isAbsence
  }

  public var description: String { message }
}

/// `text` without blanks at either end.
func trimmed(_ text: some StringProtocol) -> String {
  func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  let start = text.utf8.drop(while: isBlank)
  let length = start.count - start.reversed().prefix(while: isBlank).count
  return String(decoding: start.prefix(length), as: UTF8.self)
}
