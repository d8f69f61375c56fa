import Testing
import WorkflowCore

/// `orchestrate submit`, from an operator's shell.
@Suite(.timeLimit(.minutes(2)))
struct SubmitTests {
  @Test(
    "a run that succeeds exits with 0: its result on standard output, its progress in plain lines on standard error")
  func success() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("echo hello"), to: "one.yaml")
    let result = try await workplace.run("submit", "one.yaml")
    #expect(result.status == 0)
    #expect(result.output.withoutTimes == "one Succeeded in <time>\n")
    #expect(
      result.error.withoutTimes == """
        one  one  Pending
        one  one  Running
        one  one  Succeeded  <time>

        """)
  }

  @Test("a run that fails exits with 1 and shows which step failed, why, and the end of what it printed")
  func failure() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("echo cause >&2; exit 3"), to: "one.yaml")
    let result = try await workplace.run("submit", "one.yaml")
    #expect(result.status == 1)
    #expect(result.output.withoutTimes == "one Failed in <time>\n")
    #expect(
      result.error.hasSuffix(
        """

        one: Failed: main: Error (exit code 3)
            cause
        'orchestrate logs one' has the rest

        """))
  }

  @Test("of a step that was retried, only the last attempt is shown, with how many there were")
  func retried() async throws {
    let place = try Workplace()
    try place.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: stubborn}
      spec:
        entrypoint: main
        templates:
          - name: main
            retryStrategy: {limit: "5", expression: "asInt(retries) < 2"}
            script: {image: none, command: [sh], source: "echo try $TRY; exit 3", env: [{name: TRY, value: "{{retries}}"}]}
      """, to: "stubborn.yaml")
    let finished = try await place.run("submit", "stubborn.yaml")
    #expect(finished.status == 1)
    #expect(
      finished.error.contains("stubborn(2): Failed: main: Error (exit code 3) (the last of 3 attempts)\n    try 2\n"),
      "\(finished.error)")
    #expect(!finished.error.contains("try 1"))
  }

  @Test("a workflow comes from standard input too, with parameters")
  func standardInput() async throws {
    let workplace = try Workplace()
    let text = shellWorkflow("echo $DATE").replacing(
      "source: |", with: "env: [{name: DATE, value: \"{{workflow.parameters.date}}\"}]\n        source: |"
    ).replacing("entrypoint: main", with: "entrypoint: main\n  arguments: {parameters: [{name: date, value: none}]}")
    let result = try await workplace.run("submit", "-", "-p", "date=2013-07-04", "--name", "given", input: text)
    #expect(result.status == 0, "\(result.error)")
    #expect(try await workplace.run("logs", "given", "--no-prefix").output == "2013-07-04\n")
  }

  @Test("the finished run as JSON and as YAML says the same, and nothing else is on standard output")
  func formats() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("exit 0"), to: "one.yaml")
    let submitted = try await workplace.run("submit", "one.yaml", "-o", "json")
    let json = try await workplace.run("get", "one", "-o", "json").json
    #expect(try submitted.json == json)
    #expect(try await workplace.run("get", "one", "-o", "yaml").yaml == json)
    #expect(json["kind"] == "Workflow")
    #expect(json["status"]?["phase"] == "Succeeded")
    #expect(json["status"]?["nodes"]?["one"]?["phase"] == "Succeeded")
    #expect(try await workplace.run("get", "one", "-o", "name").output == "one\n")
  }

  @Test(
    "what is wrong with a submission decides its exit code, and nothing is on standard output",
    arguments: [
      (["submit"], 64, "name files, or say --from KIND/NAME"),
      (["submit", "good.yaml", "--no-such-flag"], 64, "Unknown option '--no-such-flag'"),
      (["submit", "good.yaml", "-p", "nonsense"], 64, "-p 'nonsense': write it as name=value"),
      (["submit", "missing.yaml"], 66, "error: there is no file missing.yaml\n"),
      (["submit", "."], 65, "bad.yaml:"),
      (["submit", "bad.yaml"], 65, "bad.yaml:"),
      (
        ["submit", "two.yaml"], 65,
        "error: a workflow named 'one' exists already: choose another name, or use generateName\n"
      ),
      (["no-such-verb"], 64, "no-such-verb"),
    ])
  func refused(arguments: [String], status: Int32, message: String) async throws {
    let workplace = try Workplace()
    let good = shellWorkflow("true")
    try workplace.write(good, to: "good.yaml")
    try workplace.write(good + "\n---\n" + good, to: "two.yaml")
    try workplace.write(good.replacing("entrypoint: main", with: "entrypoint: nowhere"), to: "bad.yaml")
    let result = try await workplace.run(arguments)
    #expect(result.status == status)
    #expect(result.output.isEmpty)
    #expect(result.error.contains(message), "\(result.error)")
  }

  @Test("a name that is taken is refused with what to do")
  func nameTaken() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("true"), to: "one.yaml")
    _ = try await workplace.run("submit", "one.yaml")
    let result = try await workplace.run("submit", "one.yaml")
    #expect(result.status == 65)
    #expect(
      result.error
        == "error: a workflow named 'one' exists already: choose another name, or use generateName\n")
  }

  @Test("two that submit to one new state file at the same time both see their run succeed")
  func atOnce() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("true"), to: "one.yaml")
    let both = try ["a", "b"].map { try workplace.start("submit", "one.yaml", "--name", $0) }
    for running in both {
      let result = try await running.finished()
      #expect(result.status == 0, "\(result.error)")
    }
    #expect(try await workplace.run("list", "-o", "name").output.split(separator: "\n").sorted() == ["a", "b"])
  }
}
