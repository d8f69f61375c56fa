import Testing
import WorkflowCore

/// Values never become code, on no part of their way.
@Suite(.timeLimit(.minutes(2)))
struct HostilePayloadTests {
  /// Each item goes into an argument, a variable and a condition, comes out as a file and as what is printed, and all of
  /// them are gathered by a second step. A mark at the end keeps line ends, of which one is removed, from the end.
  private static let workflow = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    metadata: {name: hostile}
    spec:
      entrypoint: main
      arguments: {parameters: [{name: payloads}, {name: one, value: none}]}
      templates:
        - name: main
          steps:
            - - name: echo
                template: echo
                arguments: {parameters: [{name: text, value: "{{item}}"}]}
                withParam: "{{workflow.parameters.payloads}}"
            - - name: never
                template: echo
                when: "'{{item}}' == never"
                arguments: {parameters: [{name: text, value: "{{item}}"}]}
                withParam: "{{workflow.parameters.payloads}}"
              - name: gather
                template: gather
                arguments: {parameters: [{name: files, value: "{{steps.echo.outputs.parameters.file}}"}]}
        - name: echo
          inputs: {parameters: [{name: text}]}
          outputs:
            parameters:
              - {name: file, valueFrom: {path: "/tmp/file-{{pod.name}}"}}
              - {name: variable, valueFrom: {path: "/tmp/variable-{{pod.name}}"}}
          container:
            image: busybox
            env: [{name: TEXT, value: "{{inputs.parameters.text}}"}]
            command: [sh, -c]
            args:
              - printf '%s|' "$1" > /tmp/file-{{pod.name}}; printf '%s|' "$TEXT" > /tmp/variable-{{pod.name}}
              - sh
              - "{{inputs.parameters.text}}"
        - name: gather
          inputs: {parameters: [{name: files}]}
          container: {image: busybox, command: [sh, -c, ':', sh, "{{workflow.parameters.one}}"]}
    """

  @Test("200 hostile texts arrive byte for byte as parameters, items, variables, conditions, names and outputs")
  func everywhere() async throws {
    let payloads = HostilePayloads.all
    #expect(Set(payloads.map { Array($0.utf8) }).count == 200)
    let workplace = try Workplace()
    try workplace.write(Self.workflow, to: "hostile.yaml")
    let list = Value.array(payloads.map(Value.string)).jsonText()
    try workplace.write(Value.record(["payloads": .string(list)]).jsonText(), to: "parameters.json")
    let result = try await workplace.run("submit", "hostile.yaml", "-f", "parameters.json", "-o", "json")
    #expect(result.status == 0, "\(result.error.suffix(2000))")
    let nodes = (try result.json)["status"]?["nodes"]?.objectValue?.values.map { $0 } ?? []
    for (number, payload) in payloads.enumerated() { try expect(payload, number, in: nodes) }
    #expect(nodes.count { $0["phase"] == "Skipped" } == 200)
    let gathered = nodes.first { $0["displayName"] == "gather" }?["inputs"]?["parameters"]?.arrayValue?.first?["value"]?
      .stringValue
    #expect(gathered == Value.array(payloads.map { .string($0 + "|") }).jsonText())
    #expect(try await workplace.run("get", "hostile").status == 0)
    let names = try await workplace.run("get", "hostile", "-o", "yaml").yaml["status"]?["nodes"]
    #expect(names == (try result.json)["status"]?["nodes"])
    #expect(throws: (any Error).self) { try workplace.text("pwned") }
  }

  private func expect(_ payload: String, _ number: Int, in nodes: [Value]) throws {
    let start = Array("echo(\(number):".utf8)
    let node = try #require(nodes.first { $0["displayName"]?.stringValue?.utf8.starts(with: start) ?? false })
    #expect(bytes(node["inputs"], "text") == Array(payload.utf8), "payload \(number)")
    for output in ["file", "variable"] {
      #expect(bytes(node["outputs"], output) == Array("\(payload)|".utf8), "\(output) of payload \(number)")
    }
    let described = payload.unicodeScalars.filter { $0 != "(" && $0 != ")" }.map(String.init).joined()
    #expect(node["name"]?.stringValue.map { Array($0.utf8) } == Array("hostile[0].echo(\(number):\(described))".utf8))
  }

  private func bytes(_ side: Value?, _ name: String) -> [UInt8]? {
    let parameters = side?["parameters"]?.arrayValue ?? []
    return parameters.first { $0["name"]?.stringValue == name }?["value"]?.stringValue.map { Array($0.utf8) }
  }

  @Test("a text that no program can be given, because of its zero byte, fails its step and says so")
  func zero() async throws {
    let workplace = try Workplace()
    try workplace.write(Self.workflow, to: "hostile.yaml")
    try workplace.write(#"{"payloads": "[\"a\\u0000b\"]"}"#, to: "parameters.json")
    let result = try await workplace.run("submit", "hostile.yaml", "-f", "parameters.json")
    #expect(result.status == 1)
    #expect(result.error.contains("NUL byte"), "\(result.error)")
  }
}
