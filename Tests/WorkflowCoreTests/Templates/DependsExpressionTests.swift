import Testing

@testable import WorkflowCore

/// Whether `text` holds where exactly the mentions in `true` are true.
private func holds(_ text: String, where true: String...) throws -> Bool {
  try DependsExpression(parsing: text).holds { task, condition in
    `true`.contains(task + (condition.map { "." + $0.rawValue } ?? ""))
  }
}

struct DependsExpressionTests {
  @Test("the operators rank ! over && over ||")
  func operators() throws {
    #expect(try holds("A", where: "A"))
    #expect(try !holds("A && B", where: "A"))
    #expect(try holds("A || B && C", where: "A"))
    #expect(try !holds("(A || B) && C", where: "A"))
    #expect(try holds("!A && B", where: "B"))
    #expect(try holds("!(A && B)", where: "B"))
    #expect(try holds("A.Succeeded||B.Failed", where: "B.Failed"))
    #expect(try !holds("A.Failed", where: "A"))
  }

  @Test("every condition of Argo's is known", arguments: DependsCondition.allCases)
  func conditions(_ condition: DependsCondition) throws {
    let expression = try DependsExpression(parsing: "train-1.\(condition.rawValue)")
    #expect(expression.references == [DependsReference(task: "train-1", condition: condition, offset: 0)])
  }

  @Test("names come once, in the order of the text, mentions with their place")
  func names() throws {
    let expression = try DependsExpression(parsing: " b_1 && (a-2.Failed || b_1.Skipped)")
    #expect(expression.taskNames == ["b_1", "a-2"])
    #expect(expression.references.map(\.offset) == [1, 9, 23])
  }

  @Test("names that differ only in - and _ stay apart")
  func hyphens() throws {
    #expect(try !holds("a-b && a_b", where: "a-b"))
  }

  @Test("a list of dependencies asks for each by its bare name")
  func list() {
    let expression = DependsExpression(allOf: ["A", "B", "A"])
    #expect(expression.taskNames == ["A", "B"])
    #expect(expression.holds { _, condition in condition == nil })
    #expect(!expression.holds { task, _ in task == "A" })
    #expect(DependsExpression(allOf: []).holds { _, _ in false })
  }

  @Test(
    "what cannot be read is refused with the place",
    arguments: [
      ("", 0, "expected the name of a task, but the text ends"),
      ("A &&", 4, "expected the name of a task, but the text ends"),
      ("A & B", 2, "unexpected '&'"), ("A B", 2, "unexpected 'B'"), ("(A", 0, "this '(' is not closed"),
      ("A.succeeded", 2, "unknown condition 'succeeded'"), ("A.", 2, "unknown condition ''"),
      ("A || && B", 5, "expected the name of a task, not '&'"), ("A)", 1, "unexpected ')'"),
      ("{{x}}", 0, "expected the name of a task, not '{'"),
    ])
  func errors(_ text: String, _ offset: Int, _ message: String) {
    let error = #expect(throws: ExpressionSyntaxError.self) { try DependsExpression(parsing: text) }
    #expect(error?.offset == offset)
    #expect(error?.message == message)
  }

  @Test("a condition in the wrong case is put right by the hint")
  func hint() {
    let error = #expect(throws: ExpressionSyntaxError.self) { try DependsExpression(parsing: "A.succeeded") }
    #expect(error?.hint == "write 'Succeeded'")
  }

  @Test("deep nesting is refused, long chains are not")
  func limits() throws {
    for text in [String(repeating: "(", count: 5_000), String(repeating: "!", count: 5_000) + "A"] {
      #expect(throws: ExpressionSyntaxError.self) { try DependsExpression(parsing: text) }
    }
    #expect(try DependsExpression(parsing: String(repeating: "A && ", count: 2_000) + "B").taskNames == ["A", "B"])
  }
}
