import Testing

@testable import WorkflowCore

struct FunctionTests {
  @Test(
    "the builtins of expr-lang do what its documentation says",
    arguments: [
      ("trim('  Hello  ')", "\"Hello\""), ("trim('__Hello__', '_')", "\"Hello\""),
      ("trimPrefix('HelloWorld', 'Hello')", "\"World\""), ("trimSuffix('HelloWorld', 'World')", "\"Hello\""),
      ("upper('hello')", "\"HELLO\""), ("lower('HELLÖ')", "\"hellö\""),
      ("split('apple,orange,grape', ',')", "[\"apple\",\"orange\",\"grape\"]"),
      ("split('apple,orange,grape', ',', 2)", "[\"apple\",\"orange,grape\"]"),
      ("splitAfter('a,b,c', ',')", "[\"a,\",\"b,\",\"c\"]"), ("splitAfter('a,b,c', ',', 2)", "[\"a,\",\"b,c\"]"),
      ("split('héj', '')", "[\"h\",\"é\",\"j\"]"),
      ("replace('Hello World', 'World', 'Universe')", "\"Hello Universe\""),
      ("replace('aaa', 'a', 'b', 2)", "\"bba\""), ("replace('ab', '', '-')", "\"-a-b-\""),
      ("repeat('Hi', 3)", "\"HiHiHi\""), ("indexOf('apple pie', 'pie')", "6"), ("indexOf('a', 'b')", "-1"),
      ("lastIndexOf('apple pie apple', 'apple')", "10"),
      ("hasPrefix('HelloWorld', 'Hello')", "true"), ("hasSuffix('HelloWorld', 'World')", "true"), ("max(5, 7)", "7"),
      ("min([5, [7, 3]], 4)", "3"), ("max([])", "null"), ("abs(-5)", "5"), ("abs(-5.5)", "5.5"), ("ceil(1.5)", "2"),
      ("floor(1.5)", "1"),
      ("round(1.5)", "2"), ("round(-2.5)", "-3"), ("mean([1, 2, 3])", "2"), ("median([1, 2, 3])", "2"),
      ("median([4, 1])", "2.5"), ("mean([])", "0"), ("concat([1, 2], [3, 4])", "[1,2,3,4]"),
      ("flatten([1, 2, [3, [4]]])", "[1,2,3,4]"),
      ("uniq([1, 2, 3, 2, 1, 1.0, '1'])", "[1,2,3,\"1\"]"),
      ("join(['apple', 'orange', 'grape'], ',')", "\"apple,orange,grape\""), ("join(['a', 'b'])", "\"ab\""),
      ("first([1, 2, 3])", "1"), ("first([])", "null"), ("last([1, 2, 3])", "3"),
      ("take([1, 2, 3, 4], 2)", "[1,2]"), ("take([1], 5)", "[1]"), ("reverse([3, 1, 4])", "[4,1,3]"),
      ("sort([3, 1, 4])", "[1,3,4]"), ("sort([3, 1, 4], 'desc')", "[4,3,1]"), ("sort(['b', 'a'])", "[\"a\",\"b\"]"),
      ("keys({name: 'John', age: 30})", "[\"name\",\"age\"]"), ("values({name: 'John', age: 30})", "[\"John\",30]"),
      ("toPairs({a: 1})", "[[\"a\",1]]"), ("fromPairs([['a', 1], ['b', 2]])", "{\"a\":1,\"b\":2}"),
      ("type(42)", "\"int\""), ("type('hello')", "\"string\""), ("type(now())", "\"time.Time\""),
      ("type(nil)", "\"nil\""), ("type([1])", "\"array\""), ("type({})", "\"map\""), ("type(1.5)", "\"float\""),
      ("int('123')", "123"), ("int(3.9)", "3"), ("float('123.45')", "123.45"),
      ("string(123)", "\"123\""), ("string([1, 'a', nil])", "\"[1 a <nil>]\""),
      ("string({b: 1, a: 2})", "\"map[a:2 b:1]\""), ("string(1000000.0)", "\"1e+06\""),
      ("toJSON({b: [1], a: '<'})", "\"{\\n  \\\"a\\\": \\\"\\\\u003c\\\",\\n  \\\"b\\\": [\\n    1\\n  ]\\n}\""),
      ("fromJSON('{\"name\": \"John\", \"age\": 30}').age", "30"), ("toBase64('Hello World')", "\"SGVsbG8gV29ybGQ=\""),
      ("fromBase64('SGVsbG8gV29ybGQ=')", "\"Hello World\""), ("len([1, 2, 3])", "3"), ("len({a: 1})", "1"),
      ("len('Héllo')", "5"),
      ("get([1, 2, 3], 1)", "2"), ("get([1], 5)", "null"), ("get({name: 'John'}, 'name')", "\"John\""),
      ("get(item, 'type') ?? 'always'", "\"always\""), ("bitand(0b1010, 0b1100) == 0b1000", "true"),
      ("bitor(0b1010, 0b1100) == 0b1110", "true"),
      ("bitxor(0b1010, 0b1100) == 0b110", "true"), ("bitnand(0b1010, 0b1100) == 0b10", "true"),
      ("bitnot(0b1010) == -0b1011", "true"), ("bitshl(0b101101, 2) == 0b10110100", "true"),
      ("bitshr(0b101101, 2) == 0b1011", "true"),
      ("bitushr(-0b101, 2) == 4611686018427387902", "true"),
    ])
  func builtins(_ text: String, _ json: String) throws {
    #expect(try evaluated(text) == json)
  }

  @Test(
    "dates and durations follow Go's time package",
    arguments: [
      ("date('2023-08-14').Year()", "2023"), ("date('2023-08-14').Month()", "8"), ("date('2023-08-14').Weekday()", "1"),
      ("date('2023-08-14').YearDay()", "226"), ("duration('1h').Seconds()", "3600"), ("duration('90m').Hours()", "1.5"),
      ("now()", "\"2013-07-04T05:06:07Z\""), ("now().Unix()", "1372914367"),
      ("(now() - date('2013-07-04')).String()", "\"5h6m7s\""), ("now() + duration('1h') > now()", "true"),
      ("now() - duration('1h') < now()", "true"), ("duration('1h') + duration('30m') == duration('90m')", "true"),
      ("2 * duration('1m')", "120000000000"),
      ("date('2023-08-14 10:20:30', '2006-01-02 15:04:05', 'UTC')", "\"2023-08-14T10:20:30Z\""),
      ("date('2023-08-14T10:00:00+02:00')", "\"2023-08-14T10:00:00+02:00\""),
      ("date('2023-08-14T10:00:00+02:00').UTC()", "\"2023-08-14T08:00:00Z\""),
      ("date('2023-08-14T10:00:00.25Z').Format('02 Jan 2006 15:04:05.000 MST')", "\"14 Aug 2023 10:00:00.250 UTC\""),
      ("date('Mon, 14 Aug 2023 10:00:00 GMT').Hour()", "10"),
      ("date('2024-01-31').AddDate(0, 1, 0)", "\"2024-03-02T00:00:00Z\""),
      ("now().Format('Monday, January _2 2006 at 3:04PM')", "\"Thursday, July  4 2013 at 5:06AM\""),
      ("now().Truncate(duration('1h')).Minute()", "0"), ("string(now())", "\"2013-07-04 05:06:07 +0000 UTC\""),
      ("date('4.7.13', '2.1.06')", "\"2013-07-04T00:00:00Z\""),
      ("date('13-185', '06-002')", "\"2013-07-04T00:00:00Z\""),
      ("date('2013-07-04').Before(now()) && now().After(date('2013-07-04'))", "true"),
      ("now().In(timezone('UTC')) == now()", "true"), ("date('11:30PM', '3:04PM').Hour()", "23"),
      ("date('0001-01-01').IsZero()", "true"),
      ("date('1969-12-31 23:59:59').Unix()", "-1"),
      ("date('2013-07-04T05:06:07.123456789Z').Nanosecond()", "123456789"),
      ("duration('1500ms').Round(duration('1s')).String()", "\"2s\""),
    ])
  func dates(_ text: String, _ json: String) throws {
    #expect(try evaluated(text) == json)
  }

  @Test("without a clock in the environment, now() is an error")
  func noClock() throws {
    var environment = TestEnvironment()
    environment.now = nil
    #expect(throws: RenderError("now: the time may not be used here (character 1 of the expression)")) {
      try Expression(parsing: "now()").value(in: environment)
    }
  }

  @Test("a zone that needs a database is refused by name")
  func zones() throws {
    #expect(
      try failure(of: "timezone('Europe/Zurich')")
        == "timezone: the time zone 'Europe/Zurich' is not known here, only UTC and offsets within dates are (character 1 of the expression)"
    )
  }

  @Test(
    "Argo's functions",
    arguments: [
      ("asInt('42') + 1", "43"), ("asFloat('1.5') * 2", "3"),
      ("toJson({b: 1, a: 'x&y'})", "\"{\\\"a\\\":\\\"x\\\\u0026y\\\",\\\"b\\\":1}\""),
      ("asInt(inputs.parameters.n) == 1 ? 1 : asInt(inputs.parameters.n) == 3 ? 3 : 0", "3"),
      ("jsonpath('{\"a\": {\"b\": [1, 2]}}', '$.a.b[1]')", "2"),
    ])
  func argo(_ text: String, _ json: String) throws {
    #expect(try evaluated(text) == json)
  }

  private static let document = """
    {"employees": [{"name": "Baris", "age": 43, "tags": ["x"]}, {"name": "Mo", "age": 42}, {"name": "Jai", "age": 44}],
     "a b": {"c.d": true}, "n": null, "k": {"name": "top"}}
    """

  @Test(
    "jsonpath finds what its path says",
    arguments: [
      ("$.k", "{\"name\":\"top\"}"), ("$['a b']['c.d']", "true"), ("$.employees[0].name", "\"Baris\""),
      ("$.employees[-1].name", "\"Jai\""), ("$.employees[*].name", "[\"Baris\",\"Mo\",\"Jai\"]"),
      ("$.employees[0:1]", "[{\"name\":\"Baris\",\"age\":43,\"tags\":[\"x\"]}]"),
      ("$.employees[?(@.age>42 && @.age<44)].age", "[43]"), ("$.employees[?(@.name==\"Baris\")].age", "[43]"),
      ("$.employees[?(@.tags)].name", "[\"Baris\"]"), ("$.employees[?(@.name =~ '^[JM]')].name", "[\"Mo\",\"Jai\"]"),
      ("$..name", "[\"Baris\",\"Mo\",\"Jai\",\"top\"]"),
      ("$.employees[0,2].age", "[43,44]"), ("$.employees[(@.length-1)].age", "44"), ("$.employees.length", "3"),
      ("$.n", "null"), ("$.k.*", "[\"top\"]"), ("$.employees[1:].age", "[42,44]"), ("$.employees[::2].age", "[43,44]"),
      ("$.employees[?(@.age == $.employees[1].age)].name", "[\"Mo\"]"),
      ("$.employees[0]['name','age']", "[\"Baris\",43]"), ("$.employees[?(@.tags.length == 1)].name", "[\"Baris\"]"),
    ])
  func jsonPaths(_ path: String, _ json: String) throws {
    var budget = Budget(ExpressionLimits())
    let document = Operand(try Value(json: Self.document))
    #expect(try JSONPath(parsing: path).value(in: document, budget: &budget).value.jsonText() == json)
  }

  @Test(
    "a jsonpath that leads nowhere says where it stops",
    arguments: ["$.nothing", "$.k.name.x", "$.employees[9]", "$.k[0]"])
  func deadEnds(_ path: String) throws {
    var budget = Budget(ExpressionLimits())
    let document = Operand(try Value(json: Self.document))
    #expect(throws: RenderError.self) { try JSONPath(parsing: path).value(in: document, budget: &budget) }
  }
}
