import Testing

@testable import WorkflowCore

struct ExpressionLanguageTests {
  @Test(
    "literals are read as in expr-lang",
    arguments: [
      ("42", "42"), ("0x2A", "42"), ("0o52", "42"), ("0b101010", "42"), ("1_000", "1000"), ("0.5", "0.5"),
      (".5", "0.5"), ("1e3", "1000"),
      ("'foo'", "\"foo\""), ("\"a\\n\\u0041\\x42\"", "\"a\\nAB\""), ("`a\\n`", "\"a\\\\n\""), ("true", "true"),
      ("nil", "null"), ("[1, 2, 3,]", "[1,2,3]"),
      ("{a: 1, 'b-c': 2, (1 + 2): 3, 4: 5}", "{\"a\":1,\"b-c\":2,\"3\":3,\"4\":5}"), ("[]", "[]"), ("{}", "{}"),
      ("b\"\\xff\"", "\"/w==\""),
      ("1 /* one */ + 2 // two", "3"),
    ])
  func literals(_ text: String, _ json: String) throws {
    #expect(try evaluated(text) == json)
  }

  @Test(
    "operators rank and work as in expr-lang",
    arguments: [
      ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3.5"), ("6 / 2", "3"), ("7 % 4", "3"),
      ("2 ** 3 ** 2", "512"), ("2 ^ 3", "8"), ("-2 ** 2", "-4"),
      ("1 - 2 - 3", "-4"), ("1 + 2.5", "3.5"), ("'a' + 'b'", "\"ab\""), ("1 == 1.0", "true"), ("'1' == 1", "false"),
      ("[1, 2] == [1.0, 2]", "true"),
      ("{a: 1, b: 2} == {b: 2, a: 1}", "true"), ("1 < 2 && 2 < 3", "true"), ("1 < 2 < 3", "true"),
      ("1 < 3 < 2", "false"), ("'a' < 'b'", "true"),
      ("not true", "false"), ("!false and true or false", "true"), ("true || 1 / 0 == 'x'", "true"),
      ("1 in [1, 2]", "true"), ("3 not in [1, 2]", "true"),
      ("'a' in {a: 1}", "true"), ("'abc' contains 'b'", "true"), ("'abc' startsWith 'ab'", "true"),
      ("'abc' endsWith 'ab'", "false"),
      ("'abc' not contains 'x'", "true"), ("'foo12' matches '^[a-z]+\\\\d+$'", "true"),
      ("not ('a' matches 'b')", "true"), ("1..4", "[1,2,3,4]"), ("4..1", "[]"),
      ("true ? 1 : 2", "1"), ("false ? 1 : true ? 2 : 3", "2"), ("'x' ?: 'y'", nil), ("nil ?? 'd'", "\"d\""),
      ("none ?? nil ?? 1", "1"), ("1 ?? 2", "1"),
      ("if 1 < 2 { 'yes' } else { 'no' }", "\"yes\""), ("if false { 1 } else if true { 2 } else { 3 }", "2"),
      ("nil contains 'a'", "false"),
    ] as [(String, String?)])
  func operators(_ text: String, _ json: String?) throws {
    guard let json else {
      #expect(throws: RenderError.self) { try evaluated(text) }
      return
    }
    #expect(try evaluated(text) == json)
  }

  @Test(
    "members, indexes and slices are taken as in expr-lang",
    arguments: [
      ("inputs.parameters.n", "\"3\""), ("inputs.parameters['a-b']", "\"x\""), ("inputs['parameters'][\"n\"]", "\"3\""),
      ("item.deep.list[1]", "2"), ("item.absent", "null"),
      ("item.absent?.deeper.still", "null"), ("none?.a.b", "null"), ("(none?.a).b ?? 1", nil), ("none?.['a']", "null"),
      ("[1, 2, 3][-1]", "3"), ("[1, 2, 3, 4, 5][1:4]", "[2,3,4]"),
      ("[1, 2, 3, 4, 5][1:-1]", "[2,3,4]"), ("[1, 2, 3][:2]", "[1,2]"), ("[1, 2, 3][2:]", "[3]"),
      ("[1, 2][:]", "[1,2]"), ("[1, 2][5:]", "[]"), ("'hello'[1:3]", "\"el\""),
      ("$env['item'].k", "\"v\""), ("'item' in $env", "true"), ("'nothing' in $env", "false"),
      ("'n' in inputs.parameters", "true"), ("users[0].name", "\"Ann\""),
      ("item.deep['li' + 'st'][0]", "1"), ("steps.done.outputs.result", "\"heads\""),
    ] as [(String, String?)])
  func members(_ text: String, _ json: String?) throws {
    guard let json else {
      #expect(throws: RenderError.self) { try evaluated(text) }
      return
    }
    #expect(try evaluated(text) == json)
  }

  @Test(
    "variables, sequences and pipes work as in expr-lang",
    arguments: [
      ("let x = 42; x * 2", "84"), ("let x = 1; let y = 2; x + y", "3"), ("let x = (let y = 1; y + 1); x", "2"),
      ("1; 2; 3", "3"), ("1; 2;", "2"),
      ("'A B' | lower() | split(' ')", "[\"a\",\"b\"]"), ("1..9 | filter(# % 2 == 0) | map(# * 10) | sum()", "200"),
      ("'a' + 'b' | upper()", "\"AB\""),
      ("inputs.parameters.list | fromJSON() | join('\",\"')", nil),
      ("'[\"a\",\"b\"]' | fromJSON() | join('\",\"')", "\"a\\\",\\\"b\""), ("let item = 1; item", "1"),
      ("::len('ab')", "2"),
      ("'x' | sprig.repeat(3)", nil), ("3 | sprig.repeat('x')", "\"xxx\""),
    ] as [(String, String?)])
  func bindings(_ text: String, _ json: String?) throws {
    guard let json else {
      #expect(throws: RenderError.self) { try evaluated(text) }
      return
    }
    #expect(try evaluated(text) == json)
  }

  @Test(
    "predicates see their element, index and accumulator",
    arguments: [
      ("all(users, {.age > 10})", "true"), ("any(users, .age > 40)", "true"), ("one(users, .age > 40)", "true"),
      ("none(users, .age > 50)", "true"),
      ("map(users, .name)", "[\"Ann\",\"Bob\",\"Cy\"]"),
      ("filter(users, {.age > 20 && 'b' in .tags})[0].name", "\"Ann\""), ("find([1, 2, 3], # > 1)", "2"),
      ("find([1], # > 1)", "null"),
      ("findIndex([1, 2, 3], # > 1)", "1"), ("findIndex([1], # > 1)", "-1"), ("findLast([1, 2, 3], # < 3)", "2"),
      ("findLastIndex([1, 2, 3], # < 3)", "1"), ("count(users, .age > 20)", "2"),
      ("count([true, false, true])", "2"), ("sum([1, 2, 3])", "6"), ("sum([1, 2.5])", "3.5"),
      ("sum(users, .age)", "84"), ("reduce(1..9, #acc + #)", "45"), ("reduce(1..3, #acc + #, 10)", "16"),
      ("reduce(['a', 'b'], #acc + string(#index) + #, '')", "\"0a1b\""),
      ("map(groupBy(1..5, # % 2)['1'], # + 1)", "[2,4,6]"),
      ("map(sortBy(users, .age), .name)", "[\"Bob\",\"Cy\",\"Ann\"]"),
      ("map(sortBy(users, .age, 'desc'), .name)", "[\"Ann\",\"Cy\",\"Bob\"]"), ("sortBy([3, 1, 2], #)", "[1,2,3]"),
      ("filter(users, {let u = #; any(users, .age < u.age && .name == 'Cy')}) | map(.name)", "[\"Ann\"]"),
      ("map(data, {# + '.ready'})", "[\"a.txt.ready\",\"b.pdf.ready\",\"main.log.ready\"]"),
      ("filter(data, {# endsWith 'main.log'})", "[\"main.log\"]"), ("toJson(filter([1, 3], {# > 1}))", "\"[3]\""),
      ("map([[1, 2], [3]], map(#, # * 2))", "[[2,4],[6]]"),
      ("map(1..3, #index)", "[0,1,2]"),
    ])
  func predicates(_ text: String, _ json: String) throws {
    #expect(try evaluated(text) == json)
  }

  @Test("the text of an expression is what a tag is replaced by")
  func tagText() throws {
    func text(_ source: String) throws -> String { try Expression(parsing: source).text(in: TestEnvironment()) }
    #expect(try text("asInt(inputs.parameters.n) * 10") == "30")
    #expect(try text("{a: 1, b: [true, nil]}") == "{\"a\":1,\"b\":[true,null]}")
    #expect(try text("'plain \"text\"'") == "plain \"text\"")
    #expect(try text("7 / 2") == "3.5")
    #expect(
      try text("concat(['always'], inputs.parameters.n == '3' ? ['test'] : []) | toJson()") == "[\"always\",\"test\"]")
    #expect(throws: RenderError("the expression 'nil' has no value (it is nil)", isAbsence: true)) { try text("nil") }
  }

  @Test("a condition must be a bool")
  func conditions() throws {
    func holds(_ source: String) throws -> Bool { try Expression(parsing: source).holds(in: TestEnvironment()) }
    #expect(try holds("steps['done'].status == 'Succeeded'"))
    #expect(try !holds("asInt(inputs.parameters.n) > 3"))
    #expect(
      throws: RenderError("unable to cast expression result 'heads' to bool (expression: 'steps.done.outputs.result')")
    ) {
      try holds("steps.done.outputs.result")
    }
  }

  @Test("an absence is an error, unless the expression answers for it")
  func absence() throws {
    #expect(try evaluated("steps.skipped.outputs.parameters.msg ?? 'fallback'") == "\"fallback\"")
    #expect(try evaluated("steps.skipped.outputs.parameters.msg?.x ?? 'fallback'") == "\"fallback\"")
    #expect(throws: RenderError("steps.skipped gave no msg", isAbsence: true)) {
      try evaluated("steps.skipped.outputs.parameters.msg == ''")
    }
    #expect(throws: RenderError("steps.skipped gave no msg", isAbsence: true)) {
      try evaluated("upper(steps.skipped.outputs.parameters.msg)")
    }
    #expect(throws: RenderError("no step is named 'broken'")) { try evaluated("steps.broken.status ?? 'x'") }
    #expect(try failure(of: "unheard == 1") == "unknown name 'unheard'")
  }

  @Test("references are found without evaluating anything")
  func references() throws {
    func paths(_ text: String) throws -> [String] {
      try Expression(parsing: text).references.map { reference in
        reference.path.joined(separator: "/") + (reference.isGuarded ? "?" : "") + (reference.isPartial ? "*" : "")
          + "@\(reference.offset)"
      }
    }
    #expect(try paths("asInt(inputs.parameters['a-b']) + item.k") == ["inputs/parameters/a-b@6", "item/k@34"])
    #expect(try paths("steps.x.outputs.result == 'a' ? steps.y.z : 1") == ["steps/x/outputs/result@0", "steps/y/z@32"])
    #expect(try paths("inputs.parameters[steps.a.b].c") == ["steps/a/b@18", "inputs/parameters*@0"])
    #expect(try paths("let x = item; x.k + sprig.upper(y)") == ["item@8", "y@32"])
    #expect(try paths("a.b ?? c.d") == ["a/b?@0", "c/d@7"])
    #expect(try paths("a?.b.c") == ["a/b/c?@0"])
    #expect(try paths("filter(xs, {.age > # && #.x in ys})") == ["xs@7", "ys@31"])
    #expect(try paths("now().Year() - $env['t'].u[1:2]") == ["t/u@15"])
  }

  @Test("a reference of an expression is that of a tag, as far as it goes")
  func tagReferences() throws {
    func references(_ text: String) throws -> [Reference?] { try Expression(parsing: text).references.map(\.reference) }
    #expect(try references("inputs.parameters['a-b']") == [.inputParameter("a-b")])
    #expect(try references("steps.x.outputs.result.y") == [.sibling(name: "x", .result)])
    #expect(try references("item.k.l + unheard.of") == [.item(["k", "l"]), nil])
    #expect(try references("workflow.parameters[item]") == [.item([]), .workflowParameters])
  }

  @Test(
    "a tag ends at the first braces outside strings and brackets",
    arguments: [
      ("a}} b}}", "a"), ("filter(xs, {# > 1})}}", "filter(xs, {# > 1})"), ("map(xs, {{a: #}})}}", "map(xs, {{a: #}})"),
      ("'}}' + x}}", "'}}' + x"), ("\"\\\"}}\"}}", "\"\\\"}}\""),
      ("{a: {b: 1}}}}", "{a: {b: 1}}"), ("a) }}", "a) "), ("(a }}", "(a "), ("'a }}", "'a "),
    ])
  func tags(_ text: String, _ expression: String) {
    let end = Expression.closingBraces(in: text[...])
    #expect(end.map { String(text[..<$0.lowerBound]) } == expression)
    #expect(Expression.closingBraces(in: "a }") == nil)
  }

  @Test(
    "an expression that cannot be read is refused with the place",
    arguments: [
      ("", 0), ("1 +", 3), ("(1", 2), ("[1, 2", 5), ("{a 1}", 3), ("foo bar", 4), ("'abc", 0), ("`abc", 0), ("/* x", 0),
      ("a & b", 2), ("1 2", 2), ("1a", 0), ("'\\q'", 1),
      ("unheard(1)", 0), ("len()", 0), ("len(1, 2)", 0), ("# > 1", 0), (".a", 0), ("filter([1])", 0),
      ("filter([1], #what)", 12), ("a ?? b + c", 7), ("a matches '('", 10), ("let x = 1", 9),
      ("let len = 1; len", 4), ("let x = 1; let x = 2; x", 15), ("sprig.unheard(1)", 6), ("sprig.uuidv4()", 6),
      ("sprig.env('HOME')", 6), ("map([1], #; 2)", 10), ("99999999999999999999", 0),
      ("a.b.", 4), ("a[", 2), ("x not 1", 2), ("if true { 1 }", 13),
    ])
  func syntaxErrors(_ text: String, _ offset: Int) {
    let error = #expect(throws: ExpressionSyntaxError.self) { try Expression(parsing: text) }
    #expect(error?.offset == offset, "\(String(describing: error))")
  }

  @Test("a function of sprig's without its prefix is put right by the hint")
  func hint() {
    let error = #expect(throws: ExpressionSyntaxError.self) { try Expression(parsing: "snakecase('aB')") }
    #expect(error?.hint == "write sprig.snakecase(...)")
  }

  @Test(
    "what does not fit together is an error that says where",
    arguments: [
      ("1 + 'a'", "invalid operation: int + string (character 3 of the expression)"),
      ("-'a'", "invalid operation: - string (character 1 of the expression)"),
      ("[1][3]", "index out of range: 3 (array length is 1) (character 4 of the expression)"),
      ("nil.a", "cannot fetch 'a' from nil (character 5 of the expression)"),
      ("1 && true", "expected a bool, not int (character 1 of the expression)"),
      ("asInt('x')", "asInt: 'x' is not an integer (character 1 of the expression)"),
      ("9223372036854775807 + 1", "integer overflow (character 21 of the expression)"),
      ("1 % 0", "integer divide by zero (character 3 of the expression)"),
      ("filter([1], #)", "the predicate of filter must give a bool, not int (character 1 of the expression)"),
      ("sort([1, 'a'])", "cannot compare int with string (character 1 of the expression)"),
      (
        "fromJSON('{')",
        "fromJSON: the text is not JSON: expected a key in quotes at byte 1 (character 1 of the expression)"
      ),
      ("sprig.fail('no luck')", "no luck (character 1 of the expression)"),
      ("1 in 2", "operator 'in' is not defined on int (character 3 of the expression)"),
    ])
  func misfits(_ text: String, _ message: String) throws {
    #expect(try failure(of: text) == message)
  }
}
