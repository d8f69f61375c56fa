import Testing

@testable import WorkflowCore

private func holds(_ text: String, _ values: KeyValuePairs<String, String> = [:]) throws -> Bool {
  let when = try WhenExpression(TemplateString(text))
  let known = values.map { (reference: Reference(tag: "inputs.parameters.\($0.key)"), value: $0.value) }
  return try when.holds(
    in: ReferenceValues { reference throws(RenderError) in
      for entry in known where entry.reference == reference { return entry.value }
      throw RenderError("no value for \(reference)")
    })
}

private func value(_ name: String) -> String { "{{inputs.parameters.\(name)}}" }

struct WhenExpressionTests {
  @Test(
    "a when compares words, numbers and truth values",
    arguments: [
      ("", true), ("  ", true), ("true", true), ("false", false), ("!false", true), ("!!true", true),
      ("heads == heads", true), ("heads == tails", false), ("heads != tails", true), ("True == False", false),
      ("3 > 20", false), ("'3' > '20'", true), ("abc < abd", true), ("2.5 >= 2.5", true), ("0x10 == 16", true),
      ("1e3 == 1000", true), ("007 == 7", true), ("1.2.3 == 1.2.3", true), ("-1 < 0", true),
      ("3 == '3'", false), ("3 != '3'", true), ("true == 'true'", false), ("'a b' == \"a b\"", true),
      ("[a b] == 'a b'", true), ("'it\\'s' == \"it's\"", true), ("2013-07-04 == '2013-07-04'", true),
      ("not-found == 'not-found'", true), ("été == 'été'", true), ("'' == \"\"", true),
    ])
  func comparisons(_ text: String, _ expected: Bool) throws {
    #expect(try holds(text) == expected)
  }

  @Test(
    "a when joins conditions as govaluate ranks its operators",
    arguments: [
      ("true || false && false", true), ("(true || false) && false", false), ("1 + 2 * 3 == 7", true),
      ("(1 + 2) * 3 == 9", true), ("10 - 3 - 2 == 5", true), ("7 % 4 == 3", true), ("2 ** 3 == 8", true),
      ("8 / 2 / 2 == 2", true), ("1 << 3 == 8", true), ("6 & 3 == 2", true), ("6 | 1 == 7", true), ("6 ^ 3 == 5", true),
      ("~0 == -1", true), ("!true == false", true), ("'a' + 1 == a1", true), ("true ? false : true", false),
      ("b in (a, b)", true), ("c in (a, b)", false), ("1 in (1, 2, x)", true), ("x IN ('x')", true),
      ("heads =~ hea", true), ("heads =~ '^tai'", false), ("heads !~ tai", true), ("'v1.2' =~ \"^v\\\\d+\"", true),
      ("12 =~ '^[0-9]+$'", true),
    ])
  func operators(_ text: String, _ expected: Bool) throws {
    #expect(try holds(text) == expected)
  }

  @Test("a tag's value is one operand, whatever it looks like")
  func values() throws {
    #expect(try holds("\(value("x")) == heads", ["x": "heads"]))
    #expect(try holds("\(value("x")) > 3", ["x": "10"]))
    #expect(try holds("\(value("x")) == 'hello world'", ["x": "hello world"]))
    #expect(try holds("\(value("x")) == ''", ["x": ""]))
    #expect(try holds("run-\(value("x")).csv == run-1.csv", ["x": "1"]))
    #expect(try holds("'\(value("x"))' == '3'", ["x": "3"]))
    #expect(try holds("\(value("x"))-1 == 4", ["x": "5"]))
    #expect(try holds("\(value("d")) == 2013-07-04", ["d": "2013-07-04"]))
    #expect(try holds(value("x"), ["x": "true"]))
  }

  @Test(
    "no value becomes an operator",
    arguments: [
      "true || true", "a' || 'a' == 'a", "x\" == \"x", ") || (true", "{{inputs.parameters.y}}", "1 == 1", "a\\", "",
      "\n",
      "a == a", "!false", "\u{0}", "' || true || '",
    ])
  func hostileValues(_ hostile: String) throws {
    #expect(try !holds("\(value("x")) == safe", ["x": hostile]))
    #expect(try !holds("'\(value("x"))' == 'safe'", ["x": hostile]))
    #expect(try holds("\(value("x")) == \(value("y"))", ["x": hostile, "y": hostile]))
    #expect(throws: RenderError.self) { try holds(value("x"), ["x": hostile]) }
  }

  @Test("only the tags that decide are looked up")
  func shortCircuit() throws {
    #expect(try !holds("false && \(value("absent")) == 1"))
    #expect(try holds("true || \(value("absent")) == 1"))
    #expect(throws: RenderError("no value for inputParameter(\"absent\")")) { try holds("\(value("absent")) == 1") }
  }

  @Test(
    "what does not fit together is an error that says what it was",
    arguments: [
      ("foo", "Expected boolean evaluation for 'foo'. Got foo"),
      ("1 + 1", "Expected boolean evaluation for '1 + 1'. Got 2"),
      ("foo && true", "Value 'foo' cannot be used with the operator '&&', it is not a bool"),
      ("!foo", "Value 'foo' cannot be used with the prefix '!'"),
      (
        "foo > 3",
        "Value 'foo' cannot be used with the comparator '>', it is not a number (compared: 'foo' > '3')"
      ),
    ])
  func misfits(_ text: String, _ message: String) {
    #expect(throws: RenderError(message)) { try holds(text) }
  }

  @Test(
    "a when that cannot be read is refused with the place",
    arguments: [
      ("a b == c", 2), ("a ==", 4), ("a = b", 2), ("(a == b", 0), ("a == b)", 6), ("'a == b", 0), ("a in b", 5),
      ("a in (b", 7), ("a =~ '('", 5), ("a/b == c", 0), ("&& a", 0), ("a ? b", 5), ("a == b;", 6), ("a @ b", 2),
      ("{{inputs.parameters.x}} y", 24),
    ])
  func syntaxErrors(_ text: String, _ offset: Int) {
    let error = #expect(throws: ExpressionSyntaxError.self) { try WhenExpression(TemplateString(text)) }
    #expect(error?.offset == offset)
  }

  @Test("deep nesting and endless chains are refused")
  func limits() throws {
    for text in [
      String(repeating: "(", count: 5_000), String(repeating: "!", count: 5_000) + "true",
      String(repeating: "true && ", count: 5_000) + "true", String(repeating: "a ? ", count: 5_000),
    ] {
      #expect(throws: ExpressionSyntaxError.self) { try WhenExpression(TemplateString(text)) }
    }
    #expect(try holds(String(repeating: "1 + ", count: 400) + "1 == 401"))
    #expect(try holds(String(repeating: "(", count: 60) + "true" + String(repeating: ")", count: 60)))
  }
}
