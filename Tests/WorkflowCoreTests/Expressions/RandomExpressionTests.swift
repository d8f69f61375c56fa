import Testing

@testable import WorkflowCore

/// Texts put together at random from the pieces of a language, the same in every run.
private struct TextGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ mixed >> 31) % UInt64(bound))
  }

  mutating func text(of pieces: [String], upTo count: Int) -> String {
    (0..<(1 + next(below: count))).map { _ in pieces[next(below: pieces.count)] }.joined()
  }
}

struct RandomExpressionTests {
  private static let words = [
    "1", "-9223372036854775807", "0x7f", "1.5", ".5", "1e300", "'a'", "\"é\\n\"", "`r`", "b'\\xff'", "true", "nil",
    "item",
    "item.k", "users", "inputs.parameters.n", "$env", "#", "#acc", "#index", ".age", "x", "let x = ", ";", "if ", "{",
    "}", "else ",
    "(", ")", "[", "]", ",", ":", "?", "?.", "??", ".", "..", "+", "-", "*", "/", "%", "**", "^", "==", "!=", "<", ">=",
    " in ",
    " not ", " and ", "||", "!", " matches ", " contains ", "|", "filter(", "map(", "reduce(", "sortBy(", "groupBy(",
    "len(", "now()",
    "date(", "duration('1h')", ".Year()", ".Add(", "split(", "replace(", "repeat(", "get(", "take(", "int(", "toJSON(",
    "fromJSON(",
    "jsonpath(", "sprig.", "sprig.trunc(", "sprig.substr(", "sprig.dict(", "sprig.round(", "sprig.regexFind(",
    "sprig.date(", "sprig.add(", " ",
  ]

  private static let calls = [
    "trim", "split", "splitAfter", "replace", "repeat", "join", "indexOf", "lastIndexOf", "abs", "round", "max", "min",
    "median",
    "bitshl", "bitushr", "get", "take", "reverse", "uniq", "flatten", "sort", "toPairs", "fromPairs", "type", "int",
    "float", "string",
    "fromJSON", "fromBase64", "jsonpath", "date", "duration", "timezone", "sprig.trunc", "sprig.substr", "sprig.abbrev",
    "sprig.abbrevboth",
    "sprig.indent", "sprig.wrap", "sprig.wrapWith", "sprig.title", "sprig.snakecase", "sprig.splitn", "sprig.chunk",
    "sprig.slice", "sprig.dig",
    "sprig.merge", "sprig.pluck", "sprig.mul", "sprig.div", "sprig.mod", "sprig.addf", "sprig.divf", "sprig.mulf",
    "sprig.round",
    "sprig.untilStep", "sprig.seq", "sprig.date", "sprig.dateModify", "sprig.toDate", "sprig.durationRound",
    "sprig.duration", "sprig.ago",
    "sprig.regexFindAll", "sprig.regexReplaceAll", "sprig.regexSplit", "sprig.semverCompare", "sprig.semver",
    "sprig.clean", "sprig.urlParse",
    "sprig.b32dec", "sprig.int64", "sprig.toDecimal",
  ]

  private static let arguments = [
    "0", "1", "-1", "3", "-9223372036854775807 - 1", "9223372036854775807", "2147483648", "1.5", "-1e300", "1.0 / 0",
    "'a'", "''", "'héllo wörld'",
    "'2006-01-02'", "'2013-07-04T05:06:07Z'", "'1h'", "'^1.2 || 3.x'", "'1.2.3-a.1+b'", "'$[0:2]'", "'[1, {\"a\": 2}]'",
    "'(a|b*)?'", "'$1'", "nil", "true",
    "[]", "[1, 'a', nil]", "[3, 1, 2]", "['b', 'a']", "{}", "{a: 1, m: {b: 2}}", "now()", "duration('2562047h')",
    "date('9999-12-31')", "[['k', 1]]",
  ]

  @Test("any text is answered, with a value or an error", arguments: 0..<8)
  func soup(_ seed: Int) {
    var generator = TextGenerator(seed: UInt64(seed))
    for _ in 0..<250 { answer(generator.text(of: Self.words, upTo: 14)) }
  }

  @Test("any call of any function is answered, with a value or an error", arguments: 0..<8)
  func calls(_ seed: Int) {
    var generator = TextGenerator(seed: UInt64(100 + seed))
    for _ in 0..<400 {
      let name = Self.calls[generator.next(below: Self.calls.count)]
      let count = 1 + generator.next(below: 4)
      let arguments = (0..<count).map { _ in Self.arguments[generator.next(below: Self.arguments.count)] }
      answer("\(name)(\(arguments.joined(separator: ", ")))")
    }
  }

  private func answer(_ text: String) {
    do {
      _ = try evaluated(text, limits: ExpressionLimits(steps: 500, size: 1 << 12))
    } catch {
      #expect(error is ExpressionSyntaxError || error is RenderError, "\(text): \(error)")
    }
  }

  @Test("any condition, dependency, pattern and path is answered", arguments: 0..<4)
  func otherLanguages(_ seed: Int) {
    var generator = TextGenerator(seed: UInt64(200 + seed))
    let pieces = [
      "a", "B.Failed", "{{item}}", "{{", "}}", "'", "\"", "[", "]", "(", ")", "&&", "||", "!", "==", "=~", "-", "**",
      "%", "<<", "64", "1", " ", "?", ":", ",",
      " in ", "\\", ".", "*", "+", "{2}", "|", "^", "$", "\\d", "[^a-z]", "(?i)", "(?P<n>", "\\pL", "$.", "..", "[0:1]",
      "[?(@.a > 1)]", "@", "é",
    ]
    for _ in 0..<400 {
      let text = generator.text(of: pieces, upTo: 12)
      if let when = try? WhenExpression(TemplateString(text)) {
        _ = try? when.holds(in: ReferenceValues { _ throws(RenderError) in "1" })
      }
      if let depends = try? DependsExpression(parsing: text) { #expect(!depends.taskNames.isEmpty) }
      if let pattern = try? RegularExpression(text) { _ = try? pattern.allMatches(in: Array("ab1 éa".unicodeScalars)) }
      if let path = try? JSONPath(parsing: text) {
        var budget = Budget(ExpressionLimits())
        _ = try? path.value(in: .list([.int(1), .map(["a": .int(2)])]), budget: &budget)
      }
      _ = try? GoFormat(parsing: "%" + text).text(1)
    }
  }
}
