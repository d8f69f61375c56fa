import Foundation
import Testing
import WorkflowCore

/// The verbs that only read: lint, list, get, logs.
@Suite(.timeLimit(.minutes(2)))
struct ReadingTests {
  /// A workplace with one run of two steps, one of which failed.
  private func finished() async throws -> Workplace {
    let workplace = try Workplace()
    try workplace.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: pair}
      spec:
        entrypoint: main
        templates:
          - name: main
            steps: [[{name: good, template: good}, {name: bad, template: bad}]]
          - name: good
            container: {image: busybox, command: [sh, -c, "echo one; echo two"]}
          - name: bad
            container: {image: busybox, command: [sh, -c, "echo broken; exit 7"]}
      """, to: "pair.yaml")
    #expect(try await workplace.run("submit", "pair.yaml").status == 1)
    return workplace
  }

  @Test("get shows a run and its tree")
  func get() async throws {
    let result = try await finished().run("get", "@latest")
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    #expect(
      result.output.withoutTimes == """
        pair  Failed  child 'pair-3814190916' failed
        ✖ pair    Failed     <time>    child 'pair-3814190916' failed
        ├─✔ good  Succeeded  <time>
        └─✖ bad   Failed     <time>    main: Error (exit code 7)

        """)
  }

  @Test("list shows every run in a table, newest first; its other forms are for programs")
  func list() async throws {
    let workplace = try await finished()
    try workplace.write(shellWorkflow("true"), to: "one.yaml")
    _ = try await workplace.run("submit", "one.yaml")
    let table = try await workplace.run("list")
    #expect(table.status == 0)
    #expect(
      table.output.withoutTimes == """
        NAME  STATUS     AGE   DURATION  PROGRESS  MESSAGE
        one   Succeeded  <time>  <time>      1/1
        pair  Failed     <time>  <time>      2/2       child 'pair-3814190916' failed

        """)
    #expect(try await workplace.run("list", "-o", "name").output == "one\npair\n")
    #expect(try await workplace.run("list", "--running").output == "no workflows\n")
    #expect(try await workplace.run("list", "--completed", "-o", "name").output == "one\npair\n")
    let runs = try #require(try await workplace.run("list", "-o", "json").json.arrayValue)
    #expect(runs.map { $0["name"] } == ["one", "pair"])
    #expect(runs.map { $0["progress"] } == ["1/1", "2/2"])
  }

  @Test("logs prints each line after its step's name, of the steps and the lines asked for")
  func logs() async throws {
    let workplace = try await finished()
    #expect(try await workplace.run("logs", "pair").output == "good: one\ngood: two\nbad: broken\n")
    #expect(try await workplace.run("logs", "pair", "good", "--tail", "1", "--no-prefix").output == "two\n")
    let unknown = try await workplace.run("logs", "pair", "ugly")
    #expect(unknown.status == 66)
    #expect(unknown.error == "error: 'pair' has no step 'ugly'\nhint: 'orchestrate get pair' shows them\n")
  }

  @Test("a run that is not there is an error that names a likely one")
  func unknownRun() async throws {
    let workplace = try await finished()
    let near = try await workplace.run("get", "pairs")
    #expect(near.status == 66)
    #expect(near.output.isEmpty)
    #expect(near.error == "error: there is no workflow 'pairs'\nhint: did you mean 'pair'?\n")
    let far = try await workplace.run("get", "something-else")
    #expect(
      far.error == "error: there is no workflow 'something-else'\nhint: 'orchestrate list' shows those there are\n")
  }

  @Test(
    "without a state file there is nothing to read, and reading makes none",
    arguments: ["list", "get", "logs", "engine"])
  func noState(verb: String) async throws {
    let workplace = try Workplace()
    let arguments = ["list": [], "engine": ["--until-idle"]][verb] ?? ["@latest"]
    let result = try await workplace.run([verb] + arguments)
    #expect(result.status == 66)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("error: there is no state file at "))
    #expect(!FileManager.default.fileExists(atPath: workplace.path + "/.orchestrate"))
  }

  @Test("a state file that is none is refused by name")
  func badState() async throws {
    let workplace = try Workplace()
    try workplace.write(String(repeating: "text ", count: 1000), to: "state.db")
    let result = try await workplace.run("list", "--state", "state.db")
    #expect(result.status == 66)
    #expect(
      result.error.hasPrefix("error: the state file \(workplace.path)/state.db cannot be read: file is not a database"))
  }

  @Test("lint shows every mistake with its place and what was meant, and exits with 65")
  func lint() async throws {
    let workplace = try Workplace()
    try workplace.write(shellWorkflow("true"), to: "good.yaml")
    try workplace.write(
      shellWorkflow("true").replacing("entrypoint: main", with: "entrypoint: mian"), to: "bad.yaml")
    let good = try await workplace.run("lint", "good.yaml")
    #expect(good.status == 0)
    #expect(good.output == "1 files, no errors\n")

    let bad = try await workplace.run("lint", ".")
    #expect(bad.status == 65)
    #expect(bad.error.isEmpty)
    #expect(bad.output.hasPrefix("./bad.yaml:7:15: error: "), "\(bad.output)")
    #expect(bad.output.contains("'main'"))
    #expect(bad.output.hasSuffix("1 of 2 files have errors\n"))

    let json = try await workplace.run("lint", "bad.yaml", "-o", "json")
    #expect(json.status == 65)
    #expect(try json.json.arrayValue?.count == 1)
    #expect(try json.json.arrayValue?.first?["line"] == 7)
  }

  @Test("every verb's help shows examples of it")
  func help() async throws {
    let workplace = try Workplace()
    let top = try await workplace.run("--help")
    #expect(top.status == 0)
    let verbs = top.output.split(separator: "SUBCOMMANDS:").last.map { list in
      list.split(separator: "\n").compactMap { $0.firstMatch(of: /^  ([a-z-]+)\s/).map { String($0.1) } }
    }
    let known = try #require(verbs)
    #expect(Set(known).isSuperset(of: ["submit", "lint", "get", "list", "logs", "engine"]))
    for verb in known {
      let help = try await workplace.run(verb, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLES\n  orchestrate \(verb)"), "\(verb)")
    }
  }
}
