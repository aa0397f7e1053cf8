// Reads Kubernetes manifests (YAML documents) from standard input and reports everything the API server's schema would
// refuse, without a server. Two checkers, because neither suffices: kubernetes-models knows types, enums and required
// fields but lets unknown fields through; TypeScript's excess property check on its interfaces finds exactly those.
// Usage: node validate.mjs FOLDER_WITH_NODE_MODULES < manifests.yaml; exit status 1 if there is any problem.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const tools = path.resolve(process.argv[2]);
const load = createRequire(path.join(tools, 'package.json'));
const yaml = load('js-yaml');
const ts = load('typescript');

// Packages with one module per kind, by the suffix of the API group; the built-in groups come last.
const packages = [
  { suffix: 'monitoring.coreos.com', name: '@kubernetes-models/prometheus-operator' },
  { suffix: '', name: 'kubernetes-models' },
];

function title(document) {
  return `${document.apiVersion} ${document.kind} ${document.metadata?.name ?? '(no name)'}`;
}

function moduleOf(document) {
  const [, group = ''] = String(document.apiVersion).split('/').reverse();
  const { name } = packages.find(({ suffix }) => group.endsWith(suffix));
  return `${name}/${document.apiVersion}/${document.kind}`;
}

function modelProblems(document) {
  let Model;
  try {
    Model = load(moduleOf(document))[document.kind];
  } catch {
    return ['no such kind in this API version'];
  }
  try {
    new Model(document).validate();
    return [];
  } catch (error) {
    return error.message.split('\n');
  }
}

// Each document becomes a typed constant in a file of its own that exists only in memory.
function typeProblems(documents) {
  const sources = new Map();
  for (const [index, document] of documents.entries()) {
    const text = `import type { I${document.kind} } from '${moduleOf(document)}';\n` +
      `export const document: I${document.kind} = ${JSON.stringify(document)};\n`;
    sources.set(path.join(tools, `document-${index}.ts`), text);
  }
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const disk = { fileExists: host.fileExists, readFile: host.readFile, getSourceFile: host.getSourceFile };
  host.fileExists = (name) => sources.has(name) || disk.fileExists(name);
  host.readFile = (name) => sources.get(name) ?? disk.readFile(name);
  host.getSourceFile = (name, target, ...rest) => sources.has(name)
    ? ts.createSourceFile(name, sources.get(name), target) : disk.getSourceFile(name, target, ...rest);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((name) => {
    const source = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '));
  });
}

const documents = [];
yaml.loadAll(fs.readFileSync(0, 'utf8'), (document) => { if (document) documents.push(document); });

const findings = documents.map((document) => ({ document, problems: modelProblems(document) }));
// A kind that nobody knows would only make TypeScript complain about the import.
const sound = findings.filter(({ problems }) => problems.length === 0);
typeProblems(sound.map(({ document }) => document)).forEach((problems, index) => { sound[index].problems = problems; });

let count = 0;
for (const { document, problems } of findings) {
  for (const problem of problems) console.log(`${title(document)}: ${problem}`);
  count += problems.length;
}
console.log(`${documents.length} documents, ${count} problems`);
process.exit(documents.length > 0 && count === 0 ? 0 : 1);
