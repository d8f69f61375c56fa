import CYaml
import WorkflowCore

/// What libyaml's parser reports next.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(text: String, style: SpecNode.Style)
    case listStart, listEnd
    case objectStart, objectEnd
  }

  let kind: Kind
  let position: Position
  var anchor: String?
  var tag: String?
}

/// libyaml's parser over bytes that outlive it.
///
/// Yams' own composer is not used: it hashes mapping keys while it composes, and one alias bomb of 700 bytes as a key
/// keeps it busy for half an hour, before any limit of ours could be asked. The events come before all that.
final class EventStream {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// The depth that errors name.
  private let depth: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, depth: Int) {
    self.depth = depth
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    // Fails only without memory, and then the first event reports it.
    _ = yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  func next() throws(Diagnostic) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }

  private var syntaxError: Diagnostic {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text cannot be read"
    let mark = parser.pointee.problem_mark
    // libyaml looks ahead, and may reach its own limit of depth before ours.
    if problem.hasPrefix("Maximum nesting level") {
      return Diagnostic(.limit, at: Position(mark), "nested deeper than \(depth) levels")
    }
    let context = parser.pointee.context.map { String(cString: $0) }
    if problem == "found unexpected end of stream", context?.contains("quoted scalar") ?? false {
      return Diagnostic(.syntax, at: Position(parser.pointee.context_mark), "this quote is not closed")
    }
    return Diagnostic(
      .syntax, at: Position(mark), "this is not YAML: \(context.map { "\(problem) \($0)" } ?? problem)",
      hint: usualCause(of: problem, context, openedAt: Position(parser.pointee.context_mark)))
  }
}

extension Position {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}

/// libyaml names what it expected; a few of its sentences have a usual cause that is worth naming.
private func usualCause(of problem: String, _ context: String?, openedAt place: Position) -> String? {
  if let context, context.contains("flow") {
    return "the bracket was opened on line \(place.line); text that begins with [, { or {{ needs quotes"
  }
  switch problem {
  case "mapping values are not allowed in this context":
    return "text that holds ': ' needs quotes, and a key must not stand deeper than its neighbours"
  case "did not find expected key", "did not find expected '-' indicator":
    return "the line begins at a column where nothing above it begins; check the indentation"
  case "could not find expected ':'":
    return "a key needs ': ' after it, and a quote that was opened must be closed"
  default: return nil
  }
}

extension YAMLEvent {
  fileprivate init(_ event: yaml_event_t) {
    var anchor: UnsafeMutablePointer<yaml_char_t>?
    var tag: UnsafeMutablePointer<yaml_char_t>?
    switch event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_ALIAS_EVENT: kind = .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      kind = .scalar(text: content(of: event), style: SpecNode.Style(event.data.scalar.style))
      (anchor, tag) = (event.data.scalar.anchor, event.data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      kind = .listStart
      (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
    case YAML_SEQUENCE_END_EVENT: kind = .listEnd
    case YAML_MAPPING_START_EVENT:
      kind = .objectStart
      (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
    case YAML_MAPPING_END_EVENT: kind = .objectEnd
    default: kind = .streamEnd
    }
    position = Position(event.start_mark)
    self.anchor = text(anchor)
    self.tag = text(tag)
  }
}

private func text(_ string: UnsafeMutablePointer<yaml_char_t>?) -> String? {
  string.map { String(cString: $0) }
}

private func content(of scalar: yaml_event_t) -> String {
  let bytes = UnsafeBufferPointer(start: scalar.data.scalar.value, count: scalar.data.scalar.length)
  return String(decoding: bytes, as: UTF8.self)
}

extension SpecNode.Style {
  fileprivate init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .quoted
    case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: self = .block
    default: self = .plain
    }
  }
}
