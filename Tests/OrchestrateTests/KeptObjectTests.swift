import Foundation
import Testing
import WorkflowCore

/// Objects that runs refer to, artifacts, and what stands in for steps; from an operator's shell.
@Suite(.timeLimit(.minutes(2)))
struct KeptObjectTests {
  private static let objects = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data: {greeting: hello}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: token}
    stringData: {word: hush-hush}
    ---
    apiVersion: argoproj.io/v1alpha1
    kind: WorkflowTemplate
    metadata: {name: library}
    spec:
      entrypoint: say
      templates:
        - name: say
          inputs:
            parameters: [{name: text, valueFrom: {configMapKeyRef: {name: settings, key: greeting}}}]
          container: {image: busybox, command: [echo], args: ["{{inputs.parameters.text}} from the library"]}
    """

  private static func workflow(_ templates: String, entrypoint: String = "main") -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {name: one}
    spec:
      entrypoint: \(entrypoint)
      templates:
    \(templates.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))
    """
  }

  @Test("what was applied, workflows find: templates, parameters from ConfigMaps, Secrets in variables")
  func applied() async throws {
    let workplace = try Workplace()
    try workplace.write(Self.objects, to: "objects.yaml")
    let applied = try await workplace.run("apply", "objects.yaml")
    #expect(
      applied.output == "configmap/settings created\nsecret/token created\nworkflowtemplate/library created\n",
      "\(applied.error)")
    #expect(try await workplace.run("apply", "objects.yaml").output.contains("secret/token unchanged"))
    try workplace.write(
      Self.workflow(
        """
        - name: main
          steps:
            - - {name: say, templateRef: {name: library, template: say}}
              - {name: tell, template: tell}
        - name: tell
          container:
            image: busybox
            command: [sh, -c, "echo the word has ${#WORD} letters"]
            env: [{name: WORD, valueFrom: {secretKeyRef: {name: token, key: word}}}]
        """), to: "one.yaml")
    let result = try await workplace.run("submit", "one.yaml")
    #expect(result.status == 0, "\(result.error)")
    let logs = try await workplace.run("logs", "one").output
    #expect(logs == "say: hello from the library\ntell: the word has 9 letters\n")
    let state = try Data(contentsOf: URL(fileURLWithPath: workplace.path + "/.orchestrate/state.db"))
    #expect(state.firstRange(of: Data("hush-hush".utf8)) == nil)
    #expect(try await workplace.run("submit", "--from", "wftmpl/library", "--name", "two").status == 0)
    #expect(try await workplace.run("template", "list", "-o", "name").output == "library\n")
    #expect(try await workplace.run("template", "delete", "library").status == 0)
    let gone = try await workplace.run("submit", "--from", "wftmpl/library")
    #expect(gone.status == 66)
    #expect(gone.error.contains("there is no WorkflowTemplate 'library'"))
  }

  @Test("a wrong object keeps the others of the same call from being kept")
  func allOrNone() async throws {
    let workplace = try Workplace()
    try workplace.write(
      Self.objects + "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad, nam: x}\n", to: "o.yaml")
    #expect(try await workplace.run("apply", "o.yaml").status == 65)
    #expect(!FileManager.default.fileExists(atPath: workplace.path + "/.orchestrate"))
  }

  @Test("an artifact goes from step to step, and 'cp' copies it")
  func artifacts() async throws {
    let workplace = try Workplace()
    let out = workplace.path + "/made.txt"
    try workplace.write(
      Self.workflow(
        """
        - name: main
          steps:
            - - {name: make, template: make}
            - - name: take
                template: take
                arguments: {artifacts: [{name: in, from: "{{steps.make.outputs.artifacts.out}}"}]}
        - name: make
          container: {image: busybox, command: [sh, -c, "echo content > '\(out)'"]}
          outputs: {artifacts: [{name: out, path: "\(out)", archive: {none: {}}}]}
        - name: take
          inputs: {artifacts: [{name: in, path: "\(workplace.path)/taken.txt"}]}
          container: {image: busybox, command: [cat, "{{inputs.artifacts.in.path}}"]}
        """), to: "one.yaml")
    let result = try await workplace.run("submit", "one.yaml")
    #expect(result.status == 0, "\(result.error)")
    #expect(try await workplace.run("logs", "one", "take", "--no-prefix").output == "content\n")
    #expect(try await workplace.run("cp", "one", "copies", "--path", "{artifactName}").status == 0)
    #expect(try workplace.text("copies/out/out") == "content\n")
  }

  @Test("a configuration gives images their entrypoints and steps their variables")
  func configuration() async throws {
    let workplace = try Workplace()
    try workplace.write(
      "images: {repo/say: {entrypoint: [sh, -c], cmd: [\"echo $GREETING\"]}}\nexecutor: {env: [{name: GREETING, value: hi}]}",
      to: "orchestrate.yaml")
    try workplace.write(Self.workflow("- {name: main, container: {image: \"repo/say:v1\"}}"), to: "one.yaml")
    #expect(try await workplace.run("submit", "one.yaml").status == 0)
    #expect(try await workplace.run("logs", "one", "--no-prefix").output == "hi\n")
    try workplace.write("imagse: {}", to: "orchestrate.yaml")
    let wrong = try await workplace.run("submit", "one.yaml", "--name", "two")
    #expect(wrong.status == 65)
    #expect(wrong.error == "error: orchestrate.yaml: 'imagse' is not known\nhint: did you mean 'images'?\n")
  }

  private static let coin = workflow(
    """
    - name: main
      steps:
        - - {name: flip, template: flip}
        - - {name: heads, template: say, when: "{{steps.flip.outputs.result}} == heads"}
          - {name: tails, template: say, when: "{{steps.flip.outputs.result}} == tails"}
    - name: flip
      container: {image: busybox, command: [sh, -c, "touch flipped; echo tails"]}
    - name: say
      container: {image: busybox, command: [echo, said]}
    """)

  @Test("a mocked step does not run, and its outputs decide; a dry run executes nothing")
  func mocks() async throws {
    let workplace = try Workplace()
    try workplace.write(Self.coin, to: "one.yaml")
    try workplace.write("{\"result\": \"heads\"}", to: "flip.json")
    let dry = try await workplace.run("submit", "one.yaml", "--dry-run", "--mock", "flip=flip.json")
    #expect(dry.status == 0, "\(dry.error)")
    #expect(dry.output.contains("✔ heads") && dry.output.contains("○ tails"))
    #expect(!FileManager.default.fileExists(atPath: workplace.path + "/.orchestrate"))
    #expect(try await workplace.run("submit", "one.yaml", "--mock", "flip=flip.json").status == 0)
    #expect(try await workplace.run("logs", "one").output == "heads: said\n")
    #expect(!FileManager.default.fileExists(atPath: workplace.path + "/flipped"))
  }

  @Test("a cron workflow is kept, shown with its next times, suspended and resumed; a wrong schedule is refused")
  func cron() async throws {
    let workplace = try Workplace()
    let cron = """
      apiVersion: argoproj.io/v1alpha1
      kind: CronWorkflow
      metadata: {name: nightly}
      spec:
        schedules: ["0 3 * * *"]
        timezone: UTC
        workflowSpec: {entrypoint: main, templates: [{name: main, container: {image: busybox, command: [echo, hi]}}]}
      """
    try workplace.write(cron, to: "cron.yaml")
    #expect(try await workplace.run("cron", "create", "cron.yaml").output == "cronworkflow/nightly created\n")
    #expect(try await workplace.run("cron", "get", "nightly").output.contains("T03:00:00Z"))
    #expect(try await workplace.run("cron", "suspend", "nightly").status == 0)
    #expect(try await workplace.run("cron", "list").output.contains("true"))
    #expect(try await workplace.run("submit", "--from", "cronwf/nightly", "--name", "now").status == 0)
    try workplace.write(cron.replacing("0 3 * * *", with: "0 25 * * *"), to: "cron.yaml")
    let wrong = try await workplace.run("apply", "cron.yaml")
    #expect(wrong.status == 65)
    #expect(wrong.error.contains("cron.yaml:5:15: error: '25' is no hour"))
  }

  @Test("a suspended node takes what a person sets")
  func nodeSet() async throws {
    let workplace = try Workplace()
    try workplace.write(
      Self.workflow(
        """
        - name: main
          steps:
            - - {name: ask, template: ask}
            - - name: say
                template: say
                arguments: {parameters: [{name: text, value: "{{steps.ask.outputs.parameters.answer}}"}]}
        - name: ask
          suspend: {}
          outputs: {parameters: [{name: answer, valueFrom: {supplied: {}}}]}
        - name: say
          inputs: {parameters: [{name: text}]}
          container: {image: busybox, command: [echo, "{{inputs.parameters.text}}"]}
        """), to: "one.yaml")
    let running = try workplace.start("submit", "one.yaml")
    try await running.says("one  ask  Running")
    let set = try await workplace.run(
      "node", "set", "one", "--node-field-selector", "displayName=ask", "--output-parameter", "answer=yes")
    #expect(set.status == 0, "\(set.error)")
    #expect(try await workplace.run("resume", "one").status == 0)
    #expect(try await running.finished().status == 0)
    #expect(try await workplace.run("logs", "one", "--no-prefix").output == "yes\n")
  }
}
