import Testing
import WorkflowCore
import WorkflowSpec

@Suite("What is wrong with expressions")
struct ExpressionDiagnosticTests {
  private func messages(_ template: String, spec: String = "") -> [String] {
    diagnostics(of: workflow(spec, template: template).utf8).map(\.message)
  }

  @Test("an expression that cannot be read is reported where its tag stands")
  func syntax() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      spec:
        entrypoint: main
        templates:
          - name: main
            container: {image: i, args: ["a {{=1 +}}"]}
      """,
      gives: """
        w.yaml:8:39: error: the expression cannot be read: unexpected end of the expression
              container: {image: i, args: ["a {{=1 +}}"]}
                                              ^
        """)
  }

  @Test("a name in an expression is checked as in any tag, unless the expression answers for its absence")
  func names() {
    let inputs = "inputs: {parameters: [{name: size, value: \"1\"}]}, container: {image: i, args: [\"ARG\"]}"
    func check(_ expression: String) -> [String] {
      messages(inputs.replacing("ARG", with: "{{=\(expression)}}"))
    }
    #expect(check("asInt(inputs.parameters.size) + 1").isEmpty)
    #expect(check("toJson(inputs.parameters)").isEmpty)
    #expect(check("inputs.parameters['size']").isEmpty)
    #expect(check("inputs.parameters.m").count == 1)
    #expect(check("inputs.parameters.m ?? 'x'").isEmpty)
  }

  @Test("the conditions of retries and the expressions of outputs are read too")
  func fields() {
    #expect(
      messages("container: {image: i}, retryStrategy: {expression: \"asInt(lastRetry.exitCode) > 1\"}").isEmpty)
    #expect(messages("container: {image: i}, retryStrategy: {expression: \"1 +\"}").count == 1)
    #expect(messages("container: {image: i}", spec: "retryStrategy: {expression: \"(\"}").count == 1)
    let output = "outputs: {parameters: [{name: o, valueFrom: {expression: \"EXPR\"}}]}"
    let steps = "steps: [[{name: a, inline: {container: {image: i}}}]], "
    #expect(messages(steps + output.replacing("EXPR", with: "steps.a.outputs.result")).isEmpty)
    #expect(messages(steps + output.replacing("EXPR", with: "steps.b.outputs.result")).count == 1)
  }

  @Test("an expression policy is Always unless a policy is given")
  func policy() throws {
    func policy(_ strategy: String) throws -> RetryStrategy.Policy? {
      let text = workflow(template: "container: {image: i}, retryStrategy: {\(strategy)}")
      return try #require(WorkflowReader().read(text, name: "w.yaml").workflows.first)
        .spec.templates.first?.retryStrategy?.policy
    }
    #expect(try policy("expression: \"true\"") == .always)
    #expect(try policy("expression: \"true\", retryPolicy: OnError") == .onError)
    #expect(try policy("limit: 1") == .onFailure)
  }
}
