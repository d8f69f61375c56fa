import WorkflowCore

/// What could be read of a file, document by document, and what was wrong with its text.
struct Documents {
  var roots: [SpecNode] = []
  var diagnostics: [Diagnostic] = []

  init(_ source: SourceText, limits: ReadingLimits) {
    if let problem = TextCheck.encodingProblem(in: source, limits: limits) {
      diagnostics = [problem]
    } else if JSONTreeReader.looksLikeJSON(source.bytes), let json = Self(json: source, limits: limits) {
      self = json
    } else if let problem = TextCheck.forbiddenCharacter(in: source)
      ?? TextCheck.directiveProblem(in: source, limits: limits)
    {
      diagnostics = [problem]
    } else {
      readYAML(source, limits: limits)
    }
  }

  /// Nil when the text is no JSON after all: YAML writes objects in braces as well.
  private init?(json source: SourceText, limits: ReadingLimits) {
    var reader = JSONTreeReader(source, limits: limits)
    do throws(Diagnostic) {
      roots = [try reader.readDocument()]
      diagnostics = reader.diagnostics
    } catch {
      guard error.code == .limit else { return nil }
      diagnostics = [error]
    }
  }

  private mutating func readYAML(_ source: SourceText, limits: ReadingLimits) {
    let read = source.bytes.withUnsafeBufferPointer { bytes in
      var documents: [SpecNode] = []
      var reader = TreeReader(EventStream(bytes, depth: limits.depth), limits: limits)
      var fatal: [Diagnostic] = []
      do throws(Diagnostic) {
        while let root = try reader.nextDocument() { documents.append(root) }
      } catch {
        fatal = [error.explained(in: source)]
      }
      return (documents, reader.diagnostics + fatal)
    }
    roots = read.0
    diagnostics = read.1
  }
}

extension Diagnostic {
  /// libyaml does not say that the character nothing can start with is a tab.
  fileprivate func explained(in source: SourceText) -> Diagnostic {
    guard code == .syntax, let offset = source.byte(at: position), offset < source.bytes.count,
      source.bytes[offset] == UInt8(ascii: "\t")
    else { return self }
    var explained = self
    explained.message = "a tab cannot indent YAML"
    explained.hint = "use spaces"
    return explained
  }
}
