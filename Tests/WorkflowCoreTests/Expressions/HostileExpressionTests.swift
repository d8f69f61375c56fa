import Testing

@testable import WorkflowCore

struct HostileExpressionTests {
  @Test("deep nesting and endless chains are refused when read")
  func depth() {
    func times(_ text: String, _ tail: String = "") -> String { String(repeating: text, count: 5_000) + tail }
    for text in [
      times("("), times("["), times("{a:"), times("!", "true"), times("-", "1"), times("1+", "1"), times("a.", "a"),
      times("a?.", "a"), times("1 ** ", "1"),
      times("true ? 1 : ", "1"), times("let x = "), times("1 < ", "1"), times("a[", "1"), times("filter([1], {"),
      times("not ", "true"), times("1 | abs() ", ""), times("a ?? ", "a"),
      times("(1+", "1"), times("if true { "), times("len("),
    ] {
      #expect(throws: ExpressionSyntaxError.self, "\(text.prefix(20))") { try Expression(parsing: text) }
    }
    #expect(throws: ExpressionSyntaxError.self) { try Expression(parsing: String(repeating: " ", count: 1 << 20)) }
  }

  @Test("an expression as deep as may be is evaluated")
  func deepest() throws {
    let chain = String(repeating: "1 + ", count: 248) + "1"
    #expect(try evaluated(chain) == "249")
    #expect(try evaluated(String(repeating: "(", count: 60) + "1" + String(repeating: ")", count: 60)) == "1")
    #expect(try evaluated(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)).count == 120)
  }

  @Test(
    "an evaluation that would take too much is given up",
    arguments: [
      ("reduce(1..100000, #acc + #)", "the expression takes too many steps"),
      ("map(1..1000, map(1..1000, #))", "the expression takes too many steps"),
      ("repeat('x', 2000000)", "the expression makes a value larger"),
      ("repeat('x', 9223372036854775807)", "the expression makes a value larger"),
      ("1..9223372036854775807", "the expression makes a value larger"),
      ("-9223372036854775807..9223372036854775807", "the expression makes a value larger"),
      ("map(1..5000, repeat('x', 1000000))", "the expression"),
      ("reduce(1..40, [#acc, #acc], 1)", "the expression makes a value larger"),
      ("reduce(1..200, [#acc], 1)", "the expression nests lists deeper"),
      ("reduce(1..40, #acc + #acc, 'xx')", "the expression makes a value larger"),
      ("replace(repeat('a', 1000), '', repeat('b', 100000))", "the expression makes a value larger"),
      ("sprig.until(100000000)", "the expression makes a value larger"),
      ("sprig.untilStep(0, 2000000000, 1)", "the expression makes a value larger"),
      ("sprig.indent(100000000, 'x')", "the expression makes a value larger"),
      ("sprig.wrapWith(1, repeat('x', 100000), repeat('y', 100000))", "the expression makes a value larger"),
      ("sprig.seq(2000000000)", "the expression makes a value larger"),
      ("sprig.regexReplaceAll('', repeat('a', 10000), repeat('b', 10000))", "the expression makes a value larger"),
      ("join(map(1..1000, 'x'), repeat('y', 100000))", "the expression makes a value larger"),
    ])
  func exhaustion(_ text: String, _ message: String) throws {
    let found = try failure(of: text)
    #expect(found?.hasPrefix(message) == true, "\(found ?? "no error")")
  }

  @Test(
    "functions that do much in one step are bounded by the work they do",
    arguments: [
      "map(1..2000, repeat('a', 5000) contains repeat('b', 5000))", "map(1..2000, repeat('a', 5000) matches 'b')",
      "map(1..2000, indexOf(repeat('a', 5000), 'b'))", "map(1..2000, len(sprig.sha256sum(repeat('a', 5000))))",
    ])
  func work(_ text: String) throws {
    let limits = ExpressionLimits(steps: 100_000, size: 1 << 14)
    #expect(try failure(of: text, limits: limits)?.hasPrefix("the expression takes too much work") == true)
  }

  @Test("the bounds are parameters")
  func bounds() throws {
    #expect(try evaluated("sum(1..5000, # * 1)", limits: ExpressionLimits(steps: 100_000)) == "12502500")
    #expect(try failure(of: "1 + 1", limits: ExpressionLimits(steps: 2)) == "the expression takes too many steps")
    #expect(try failure(of: "repeat('x', 100)", limits: ExpressionLimits(size: 50)) != nil)
    #expect(try failure(of: "item", limits: ExpressionLimits(size: 1)) != nil)
  }

  @Test(
    "hostile text is answered, never a crash",
    arguments: [
      "\u{0}", "🏳️‍🌈", "a\u{301}.b", "'\u{301}'", "\\", "'\\", "b'\\x", "'\\u{110000}'", "'\\ud800'", "0x", "0b2", "1e",
      "1e999", "1__0", "..", "?.", "a?.", "#", "$", "$env", "$env.$env",
      "let", "not", "not in", "1 not in", "::", ";", ";;", "|", "a|", "a|b", "{", "}", "{}.a", "[][0]", "[:]", "a[:",
      "''[0]", "{(nil): 1}", "duration('')", "date('')", "sprig.", "sprig",
      "sprig.date(1, 2)", "sprig.trunc(-9223372036854775807, 'x')", "sprig.substr(5, 1, 'abc')",
      "sprig.semver('1.2.3.4')", "sprig.round(1, 400)", "sprig.round('x', -400)", "sprig.div(1, 0)",
      "sprig.chunk(0, [1])",
      "date('2013-07-04').AddDate(2147483647, 2147483647, 2147483647)",
      "now().Add(duration('2562047h')).Add(duration('2562047h'))", "sprig.date('2006', 9223372036854775807)",
      "abs(-9223372036854775807 - 1)", "-(-9223372036854775807 - 1)",
      "(-9223372036854775807 - 1) % -1", "bitshl(1, 9223372036854775807)", "bitshl(1, -1)", "int(1e300)",
      "int(0.0 / 0)", "sort([0.0 / 0, 1, 0.0 / 0])", "max()", "max([])", "jsonpath('{}', '$')", "jsonpath('{', '$')",
      "jsonpath('{}', '$[')",
      "jsonpath('[1]', '$[?(@ > (')", "jsonpath('[1]', '$..[?(@..x)]')", "jsonpath('[1,2]', '$[::0]')",
      "fromPairs([[1]])", "get([1], 9223372036854775807)", "[1][9223372036854775807]", "[1][-9223372036854775807 - 1]",
      "'é'[1:]",
      "now().Truncate(duration('0s'))", "duration('1h').Round(duration('-1h'))", "sprig.regexSplit('', 'abc', -1)",
      "sprig.splitn('', 2, 'héé')", "date('2013-02-30')", "date('24:00:00')",
      "sprig.toDate('2006-01-02', '2013-13-01')",
      "sprig.addf(1e300, 1e300, 0.1)", "sprig.divf(1, 3)", "sprig.mulf(1e20, 1e20, 1e20)", "sprig.seq(1, 0, 5)",
      "sprig.untilStep(0, 10, 0)", "sprig.abbrev(5, 'héééééé')", "sprig.urlParse('%zz:/?#[]@!')",
    ])
  func garbage(_ text: String) {
    let result = Result { try evaluated(text) }
    if case .failure(let error) = result { #expect(error is ExpressionSyntaxError || error is RenderError) }
  }
}
