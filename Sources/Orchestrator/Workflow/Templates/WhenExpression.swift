/// Whether a step runs: Argo's `when`, a language of its own (govaluate) in which bare words are text.
///
/// Argo puts values into the text and then parses it, so a value may become an operator. Here the text is parsed once,
/// with its tags as parts of operands; an operand is read as a number, true, false or text only after its tags are
/// replaced. Quoted text stays text whatever it looks like.
///
/// Operators from loose to tight: `? :`, `||`, `&&`, `== != < <= > >= =~ !~ in`, `& | ^`, `<< >>`, `+ -`, `* / %`,
/// `**`, and the prefixes `! - ~`. A `-` inside a bare word belongs to the word (`2013-07-04`, `not-found`).
public struct WhenExpression: Hashable, Sendable {
  /// The expression as it was written.
  public let text: TemplateString
  /// Nil for blank text, which lets the step run.
  let root: WhenNode?

  public init(_ text: TemplateString) throws(ExpressionSyntaxError) {
    var parser = try WhenParser(WhenLexer.tokens(of: text), length: text.source.count)
    root = try parser.parseAll()
    self.text = text
  }

  public static func == (left: Self, right: Self) -> Bool { left.text == right.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Every tag of the expression, in the order of the text.
  public var references: [Reference] { text.references }

  /// Whether the step runs. Only tags that decide the outcome are looked up: `false && {{x}}` needs no `x`.
  public func holds(in source: some TagSource) throws(RenderError) -> Bool {
    guard let root else { return true }
    let result = try root.value(in: source)
    guard case .bool(let holds) = result else {
      throw RenderError("Expected boolean evaluation for '\(text.source)'. Got \(result.shown)")
    }
    return holds
  }
}
