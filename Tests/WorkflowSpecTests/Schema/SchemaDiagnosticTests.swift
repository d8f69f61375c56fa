import Testing
import WorkflowSpec

@Suite("Keys and types")
struct SchemaDiagnosticTests {
  @Test("A misspelt key is named with the key that was meant")
  func misspeltKey() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            container:
              image: busybox
              comand: [echo]
            retryStategy: {limit: 2}
        """,
      gives: """
        w.yaml:10:9: error: unknown key 'comand' in a container
                comand: [echo]
                ^
        hint: did you mean 'command'?
        w.yaml:11:7: error: unknown key 'retryStategy' in a template
              retryStategy: {limit: 2}
              ^
        hint: did you mean 'retryStrategy'?
        """)
  }

  @Test("A key of another place is named with its place")
  func misplacedKey() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            entrypoint: main
            container: {image: busybox, parallelism: 3}
        """,
      gives: """
        w.yaml:8:7: error: unknown key 'entrypoint' in a template
              entrypoint: main
              ^
        hint: 'entrypoint' belongs to the spec of a workflow
        w.yaml:9:35: error: unknown key 'parallelism' in a container
              container: {image: busybox, parallelism: 3}
                                          ^
        hint: 'parallelism' belongs to the spec of a workflow
        """)
  }

  @Test("A value of another type is named with what to write instead")
  func wrongTypes() {
    expect(
      spec: """
        entrypoint: main
        parallelism: "3"
        suspend: "true"
        templates:
          - name: 4
            inputs:
              parameters: {name: x}
            container:
              image: busybox
              command: echo
              args: [1.5, {{inputs.parameters.x}}]
              env: [{name: A, value: yes}]
        """,
      gives: """
        w.yaml:5:15: error: 'entrypoint' names 'main', which is not a template
          entrypoint: main
                      ^
        hint: templates of this workflow: 4
        w.yaml:6:16: error: 'parallelism' must be a whole number, not text
          parallelism: "3"
                       ^
        hint: write it without quotes: 3
        w.yaml:7:12: error: 'suspend' must be true or false, not text
          suspend: "true"
                   ^
        hint: write it without quotes: true
        w.yaml:9:13: warning: 'name' takes text, not a number: Kubernetes would refuse it
            - name: 4
                    ^
        hint: write it in quotes: "4"
        w.yaml:11:21: error: 'parameters' must be a list, not an object
                parameters: {name: x}
                            ^
        hint: begin each element with '- '
        w.yaml:14:18: error: 'command' must be a list of text, not text
                command: echo
                         ^
        hint: begin each element with '- '
        w.yaml:15:16: warning: 'args' takes text, not a number: Kubernetes would refuse it
                args: [1.5, {{inputs.parameters.x}}]
                       ^
        hint: write it in quotes: "1.5"
        w.yaml:15:21: error: 'args' must be text, not an object
                args: [1.5, {{inputs.parameters.x}}]
                            ^
        w.yaml:15:22: error: a key must be text, not an object
                args: [1.5, {{inputs.parameters.x}}]
                             ^
        hint: a text that begins with { or {{ needs quotes
        w.yaml:16:32: warning: 'value' takes text, not a boolean: Kubernetes would refuse it
                env: [{name: A, value: yes}]
                                       ^
        hint: write it in quotes: "yes"
        """)
  }

  @Test("A parameter that YAML reads as something else than it looks is pointed out")
  func alteredScalars() {
    expect(
      spec: """
        entrypoint: main
        arguments:
          parameters:
            - {name: code, value: 010}
            - {name: version, value: 1.10}
            - {name: answer, value: no}
            - {name: plain, value: 4}
            - {name: quoted, value: "010"}
        templates:
          - name: main
            container: {image: busybox}
        """,
      gives: """
        w.yaml:8:29: warning: YAML reads 010 as 8, and so will the step
              - {name: code, value: 010}
                                    ^
        hint: to keep it as it is, write it in quotes: "010"
        w.yaml:9:32: warning: YAML reads 1.10 as 1.1, and so will the step
              - {name: version, value: 1.10}
                                       ^
        hint: to keep it as it is, write it in quotes: "1.10"
        w.yaml:10:31: warning: YAML reads no as false, and so will the step
              - {name: answer, value: no}
                                      ^
        hint: to keep it as it is, write it in quotes: "no"
        """)
  }

  @Test("A workflow without a spec says so, not all that follows from it")
  func missingSpec() {
    expect(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow
      metadata: {name: a}
      entrypoint: main
      """,
      gives: """
        w.yaml:1:1: error: this Workflow has no 'spec'
        apiVersion: argoproj.io/v1alpha1
        ^
        w.yaml:4:1: error: unknown key 'entrypoint' in a Workflow
        entrypoint: main
        ^
        hint: 'entrypoint' belongs to the spec of a workflow
        """)
  }
}
