// Made by scripts/generate.mjs of the control API's OpenAPI document. SHA-256: 5cba81169f1c0071c60e2e1b2058e49d79e9eb28539d62ccd925ab0db0416db5
export interface paths {
    "/_devkit/api": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** These operations */
        get: operations["control.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** These operations as an OpenAPI 3.1 document, with what each answers */
        get: operations["control.openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Version, address, settings, and how much is in the sandbox */
        get: operations["state.status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/memory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What journals, kept answers, drills and the data of sandboxes take in memory, and may at the most */
        get: operations["state.memory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Back to the seeded state, sockets closed, mailbox and journal empty */
        post: operations["state.reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sandboxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All sandboxes */
        get: operations["sandbox.list"];
        put?: never;
        /** Make a sandbox: data, clock, mails, events, faults and journal of its own, in memory */
        post: operations["sandbox.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sandboxes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One sandbox: its address, how else to choose it, when it goes */
        get: operations["sandbox.show"];
        put?: never;
        post?: never;
        /** End a sandbox, its sockets and everything in it */
        delete: operations["sandbox.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All scenarios, and which of them are on in the sandbox */
        get: operations["scenario.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch all scenarios off in the sandbox */
        post: operations["scenario.off_all"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One scenario: its story, its rules, and what a good frontend does */
        get: operations["scenario.show"];
        /** Write a scenario as YAML into the user's folder */
        put: operations["scenario.save"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/{name}/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch a scenario on in the sandbox; one that is on begins anew */
        post: operations["scenario.use"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/{name}/off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch a scenario off in the sandbox */
        post: operations["scenario.off"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The scenarios that are on in the sandbox, and how often each rule matched and struck */
        get: operations["scenario.active"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What is wrong with a scenario that has no file yet, and its YAML */
        post: operations["scenario.check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch a scenario on in the sandbox that has no file yet */
        post: operations["scenario.try"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/scenarios/{name}/source": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The YAML of a scenario's file, as it is now */
        get: operations["scenario.source"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every kind of fault, with the JSON schema of its parameters */
        get: operations["fault.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the sandbox's clock says, and how it goes */
        get: operations["clock.show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock/advance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turn the clock forward, or back */
        post: operations["clock.advance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop the clock */
        post: operations["clock.freeze"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock/set": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set the clock; it goes on as it went, or stands as it stood */
        post: operations["clock.set"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the clock go, from where it is */
        post: operations["clock.run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/clock/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Back to the machine's time, or to where the sandbox's clock began */
        post: operations["clock.reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sandbox's snapshots, newest first */
        get: operations["snapshot.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/snapshots/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put data, uploads and clock aside, over what had the name before */
        put: operations["snapshot.save"];
        post?: never;
        /** Throw a snapshot away */
        delete: operations["snapshot.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/snapshots/{name}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring data, uploads and clock back; sockets are closed */
        post: operations["snapshot.restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened: requests, mails, sockets, newest first */
        get: operations["journal.list"];
        put?: never;
        post?: never;
        /** Empty the journal; numbers go on */
        delete: operations["journal.clear"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/journal/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as it happens, over a WebSocket */
        get: operations["journal.follow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/journal/wait": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Wait until an entry fits, or is there already; 408 where none comes */
        post: operations["journal.wait"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/journal/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One entry, with headers and bodies, secrets masked */
        get: operations["journal.show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/journal/{number}/keep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep an answer as an example of the contract, in the file that is served; secrets masked */
        post: operations["journal.keep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Accounts, and how much each has */
        get: operations["user.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's open sessions, newest first */
        get: operations["session.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sessions/{id}/expire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the tokens run out that a session has now; a refresh brings good ones again */
        post: operations["session.expire"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a session: its tokens die, its sockets are closed */
        delete: operations["session.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An access token for a user, good or bad */
        post: operations["token.mint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's tasks, newest first */
        get: operations["task.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's uploads, newest first */
        get: operations["upload.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/uploads/arriving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Uploads that are under way, and how much of each is here */
        get: operations["upload.arriving"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Language models, and the state each is in */
        get: operations["model.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/models/{id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a model, as its users can: it is `starting` first */
        post: operations["model.start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/models/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a model, whether it runs, is starting or has failed */
        post: operations["model.stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Mails, newest first */
        get: operations["mail.list"];
        put?: never;
        post?: never;
        /** Empty the mailbox */
        delete: operations["mail.clear"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/mail/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One mail */
        get: operations["mail.show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Open WebSockets, and the topics that each subscribed to */
        get: operations["connection.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/connections/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close a WebSocket */
        post: operations["connection.close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The events there are, their topics, and what a payload must hold */
        get: operations["event.list"];
        put?: never;
        /** Tell an event to the WebSockets that subscribed to its topic */
        post: operations["event.push"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/barriers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The barriers that calls wait at */
        get: operations["barrier.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/barriers/{name}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let go what waits at a barrier */
        post: operations["barrier.release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The drills that are under way, and the last 100 that ended */
        get: operations["drill.list"];
        put?: never;
        /** Switch a scenario on and judge what the frontend does, until all is decided or the time is over */
        post: operations["drill.start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One drill: its verdicts, as far as they go, and the journal entries that show them */
        get: operations["drill.show"];
        put?: never;
        post?: never;
        /** Cancel a drill and forget it, with the sandbox that was made for it */
        delete: operations["drill.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills/{id}/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its verdicts whenever something changes, until it ends, over a WebSocket; entries left out */
        get: operations["drill.follow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills/{id}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch the scenario off and judge now */
        post: operations["drill.finish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills/{id}/report.html": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The drill as a page: verdicts and a timeline */
        get: operations["drill.html"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drills/{id}/junit.xml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The drill as JUnit XML */
        get: operations["drill.junit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What can be verified, and how the run stands that is under way, or was the last one */
        get: operations["verify.show"];
        put?: never;
        /** Ask the real backend, or this server, all that `devkit verify` asks, in a process of its own */
        post: operations["verify.start"];
        /** End the run, with a report of what it has */
        delete: operations["verify.cancel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/verify/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The run, and then what is new of it, until it ends, over a WebSocket */
        get: operations["verify.follow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/verify/checks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One verdict of the run, with the requests and answers that show it */
        get: operations["verify.check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/verify/report/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last run as a page, or for programs */
        get: operations["verify.report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/verify/states": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring a state about in the sandbox, as `devkit verify --setup` asks for it */
        post: operations["verify.arrange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/routes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every route that is served */
        get: operations["contract.routes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The contract as an OpenAPI 3.1 document */
        get: operations["contract.openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The WebSockets as an AsyncAPI 3.0 document */
        get: operations["contract.asyncapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/keep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who keeps which operations of the sandbox: the real backend, the mock, a recording */
        get: operations["keep.show"];
        /** Have others keep them from now on, in this sandbox */
        put: operations["keep.change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether what passes to the real backend is recorded, and where */
        get: operations["recording.show"];
        put?: never;
        /** Record what passes from now on, with secrets replaced */
        post: operations["recording.start"];
        /** Record no more, and write what has passed to its end */
        delete: operations["recording.stop"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/recording/{name}/zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The recording that ran last, as a zip file for `devkit replay` */
        get: operations["recording.download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sandboxes/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All of a sandbox in one file: data, uploads, mails, sessions, clock, scenarios */
        get: operations["sandbox.export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/sandboxes/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A sandbox out of such a file, which is the body; under its own name unless told otherwise */
        post: operations["sandbox.import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server lives: 200, also while it is drained. Needs no token */
        get: operations["fleet.health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server takes new sandboxes: 200, or 503 while it is drained or full. Needs no token */
        get: operations["fleet.ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/api/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take no new sandboxes, or take them again; those there are go on */
        post: operations["fleet.drain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/_devkit/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Numbers of this server in Prometheus' text form */
        get: operations["fleet.metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Activation
         * @description A scenario that is on; `warnings` tell what of it can strike nothing here, or arrives otherwise. `error` is that of a broken file, whose last good version is on.
         */
        Activation: {
            name: string;
            title: string;
            since: string;
            until: string | null;
            state: string;
            rules: components["schemas"]["RuleCount"][];
            warnings: string[];
            error?: string;
        };
        /**
         * Arranged
         * @description The state that was brought about, or taken back.
         */
        Arranged: {
            /** @enum {string} */
            state: "time-passed" | "rate-limited";
            /** @enum {string} */
            action: "setup" | "teardown";
        };
        /**
         * Arriving
         * @description An upload that is under way: bytes that are here, and of how many (null: not announced).
         */
        Arriving: {
            id: string;
            user: string | null;
            received: number;
            size: number | null;
        };
        /**
         * ArrivingList
         * @description All that are under way.
         */
        ArrivingList: {
            data: components["schemas"]["Arriving"][];
            total: number;
        };
        /**
         * Barrier
         * @description A barrier, and how many calls wait at it.
         */
        Barrier: {
            name: string;
            waiting: number;
        };
        /**
         * BarrierList
         * @description Those that something waits at.
         */
        BarrierList: {
            data: components["schemas"]["Barrier"][];
            total: number;
        };
        /**
         * Checked
         * @description A draft as YAML and as JSON (null where it is no YAML), and what is wrong with it (null for nothing).
         */
        Checked: {
            text: string;
            scenario: unknown;
            warnings: string[];
            problem: components["schemas"]["Problem"] | null;
        };
        /**
         * ClockShown
         * @description What a sandbox's clock says. `rate` is how fast it goes, 0 when it stands; `offset` how many milliseconds it is ahead of the machine's; `apart` says what does not go by it, empty for nothing.
         */
        ClockShown: {
            time: string;
            frozen: boolean;
            rate: number;
            offset: number;
            apart: string;
        };
        /**
         * Connection
         * @description An open WebSocket; `queued` frames wait to be read. The `user` is null where nobody signs in.
         */
        Connection: {
            id: string;
            user: string | null;
            session_id: string | null;
            topics: string[];
            queued: number;
            opened_at: string;
        };
        /**
         * ConnectionList
         * @description The oldest first.
         */
        ConnectionList: {
            data: components["schemas"]["Connection"][];
            total: number;
        };
        /**
         * Counts
         * @description How much there is in the sandbox.
         */
        Counts: {
            users: number;
            tasks: number;
            uploads: number;
            mails: number;
            sockets: number;
            journal: number;
        };
        /**
         * Credentials
         * @description Of the user to try things with.
         */
        Credentials: {
            email: string;
            password: string;
        };
        /**
         * Deleted
         * @description What was done, in a sentence, and to how many.
         */
        Deleted: {
            message: string;
            deleted: number;
        };
        /**
         * DrillList
         * @description The newest first, without their entries.
         */
        DrillList: {
            data: components["schemas"]["Report"][];
            total: number;
        };
        /**
         * EntryList
         * @description Newest first; `newest` is the number to ask `after` next time.
         */
        EntryList: {
            data: (components["schemas"]["RequestEntry"] | components["schemas"]["MailEntry"] | components["schemas"]["SocketEntry"])[];
            newest: number;
        };
        /**
         * EventKind
         * @description An event, the topics it is told on, and a payload with what cannot be made up.
         */
        EventKind: {
            type: string;
            summary: string;
            topics: string[];
            payload: {
                [key: string]: unknown;
            };
        };
        /**
         * EventList
         * @description The events there are.
         */
        EventList: {
            data: components["schemas"]["EventKind"][];
            total: number;
        };
        /**
         * Example
         * @description An answer that was kept: what it is an example of, how it is called there, and the file where it stands.
         */
        Example: {
            operation: string;
            example: string;
            file: string;
        };
        /**
         * Failure
         * @description A control call that was not done: a code, a sentence, and one for each bad parameter by its name.
         */
        Failure: {
            error: string;
            message: string;
            details?: {
                [key: string]: string;
            };
        };
        /**
         * Fault
         * @description A kind of fault. `schema` is the JSON Schema of its parameters, `needs` what an operation must have (one of each list) to be struck, `operations` those that do.
         */
        Fault: {
            kind: string;
            story: string;
            acts_on: string[];
            needs: string[][];
            operations: string[];
            events: string[];
            bends: string | null;
            terminal: boolean;
            example: {
                [key: string]: unknown;
            };
            schema: {
                [key: string]: unknown;
            };
        };
        /**
         * FaultList
         * @description Every kind.
         */
        FaultList: {
            data: components["schemas"]["Fault"][];
            total: number;
        };
        /**
         * Gap
         * @description The reader was too slow, and so many entries were passed over.
         */
        Gap: {
            /** @constant */
            type: "gap";
            missed: number;
        };
        /**
         * Held
         * @description What of one kind takes in memory, and may at the most, in bytes.
         */
        Held: {
            name: string;
            size: number;
            most: number;
        };
        /**
         * Judged
         * @description What became of an expectation. `evidence` are numbers of `entries`. `final`: nothing changes it any more. `window_ms` is the stretch in which it was judged, where it has one.
         */
        Judged: {
            id: string;
            title: string;
            /** @enum {string} */
            verdict: "passed" | "failed" | "inconclusive";
            final: boolean;
            reason: string;
            evidence: number[];
            /** @default null */
            window_ms?: number[] | null;
        };
        /**
         * Kept
         * @description Who keeps what: `rules` by globs over names of operations, of which the last one that fits counts; `operations` by names.
         */
        Kept: {
            upstream: components["schemas"]["Upstream"] | null;
            usual: string;
            rules: {
                [key: string]: string;
            };
            operations: {
                [key: string]: string;
            };
        };
        /**
         * Leg
         * @description A call's way to the real backend and back: what was changed, and what took how long, in ms.
         */
        Leg: {
            changes: string[];
            connect: number;
            wait: number;
            receive: number;
        };
        /**
         * Line
         * @description An entry of the journal. `from_ms` to `to_ms` since the scenario was switched on, on the machine's clock. `what` is its operation, else what it was: `socket`, `mail`, or the request's path. `status` is an answer's, or the code that a WebSocket was closed or refused with. `text` says it in a line.
         */
        Line: {
            number: number;
            /** @enum {string} */
            type: "request" | "socket" | "mail";
            from_ms: number;
            to_ms: number;
            what: string;
            text: string;
            /** @default null */
            status?: number | null;
            /** @default null */
            user?: string | null;
            /** @default null */
            connection_id?: string | null;
            /** @default null */
            direction?: string | null;
            faults: components["schemas"]["StrikeLine"][];
        };
        /**
         * Listed
         * @description A control operation.
         */
        Listed: {
            id: string;
            /** @enum {string} */
            method: "GET" | "POST" | "PUT" | "DELETE";
            path: string;
            summary: string;
            websocket: boolean;
            parameters: components["schemas"]["Told"][];
        };
        /**
         * Listing
         * @description All control operations.
         */
        Listing: {
            data: components["schemas"]["Listed"][];
        };
        /**
         * MadeSandbox
         * @description The same of one that was just made; `warnings` are about what its scenarios cannot do here.
         */
        MadeSandbox: {
            id: string;
            url: string;
            path_url: string;
            header: {
                [key: string]: string;
            };
            query: {
                [key: string]: string;
            };
            cookie: {
                [key: string]: string;
            };
            token: string;
            seed: number;
            time: string;
            rate: number;
            scenarios: string[];
            sockets: number;
            journal: number;
            proxies: components["schemas"]["Proxy"][];
            created_at: string;
            expires_at: string | null;
            warnings: string[];
        };
        /**
         * Mail
         * @description A mail; `link` is the address that the recipient is meant to open.
         */
        Mail: {
            id: string;
            to: string;
            subject: string;
            kind: string;
            text: string;
            html: string;
            link: string | null;
            sent_at: string;
        };
        /**
         * MailEntry
         * @description A mail was sent. `delivered` says when each copy reaches the mailbox.
         */
        MailEntry: {
            /** @constant */
            type: "mail";
            number: number;
            at: string;
            sandbox: string;
            mail_id: string;
            to: string;
            kind: string;
            subject: string;
            delivered: string[];
            faults: components["schemas"]["Strike"][];
        };
        /**
         * MailList
         * @description Newest first; `total` counts those beyond `limit` too.
         */
        MailList: {
            data: components["schemas"]["Mail"][];
            total: number;
        };
        /**
         * Memory
         * @description What the server remembers for all sandboxes, and may at the most, in bytes: in all, and of each kind.
         */
        Memory: {
            size: number;
            most: number;
            kinds: components["schemas"]["Held"][];
            sandboxes: number;
        };
        /**
         * MemoryInShort
         * @description Bytes.
         */
        MemoryInShort: {
            size: number;
            most: number;
        };
        /**
         * Message
         * @description A request or an answer as it passed, secrets masked; `body` is its beginning, `cut` where there was more.
         */
        Message: {
            headers: [
                string,
                string
            ][];
            body: string | null;
            size: number | null;
            cut: boolean;
        };
        /** Minted */
        Minted: {
            token: string;
            user: components["schemas"]["Owner"];
            session_id: string;
            expires_at: string;
            expired: boolean;
            defect: ("signature" | "issuer" | "audience" | "algorithm" | "not_before" | "malformed") | null;
            try: string;
        };
        /**
         * Mistake
         * @description What is wrong with a file, and where: lines and columns from 1, the line as it stands there.
         */
        Mistake: {
            file: string;
            line: number | null;
            column: number | null;
            source: string | null;
            message: string;
            remedy: string | null;
        };
        /**
         * Model
         * @description A language model; `error` says why it failed to start.
         */
        Model: {
            id: string;
            name: string;
            /** @enum {string} */
            status: "stopped" | "starting" | "running" | "error";
            size: number;
            error: string | null;
            updated_at: string;
        };
        /**
         * ModelChanged
         * @description What was done, and the state that it led to.
         */
        ModelChanged: {
            message: string;
            status: string;
        };
        /**
         * ModelList
         * @description By name.
         */
        ModelList: {
            data: components["schemas"]["Model"][];
            total: number;
        };
        /**
         * Named
         * @description The names of what was switched.
         */
        Named: {
            names: string[];
        };
        /**
         * Owner
         * @description A user, in short.
         */
        Owner: {
            id: string;
            email: string;
        };
        /**
         * Passage
         * @description A proxy that the sandbox is called through: the dev server's that it is like (empty: none that is known), what it is known by, and `changes`, a phrase for each rule that the frontend meets otherwise than it is written.
         */
        Passage: {
            name: string;
            title: string;
            sign: string;
            changes: string[];
        };
        /**
         * Place
         * @description The sandbox, and the ways to choose it: by host, path, header or query. `path_url` is reached by every program that reaches the server. `fresh`: made for this drill.
         */
        Place: {
            id: string;
            url: string;
            path_url: string;
            header: {
                [key: string]: string;
            };
            query: {
                [key: string]: string;
            };
            fresh: boolean;
        };
        /**
         * Problem
         * @description The same, with further mistakes.
         */
        Problem: {
            file: string;
            line: number | null;
            column: number | null;
            source: string | null;
            message: string;
            remedy: string | null;
            others: components["schemas"]["Mistake"][];
        };
        /**
         * Proxy
         * @description A proxy that calls come through: the dev server's that it is like (empty: none that is known), and what it is known by.
         */
        Proxy: {
            name: string;
            title: string;
            sign: string;
        };
        /**
         * Pushed
         * @description An event as it was told, and how many connections heard it.
         */
        Pushed: {
            id: number;
            type: string;
            topics: string[];
            receivers: number;
        };
        /**
         * Recording
         * @description The recording that runs, or ran last; `upstream` says whether there is a real backend to record.
         */
        Recording: {
            upstream: boolean;
            running: boolean;
            folder: string | null;
            exchanges: number;
        };
        /**
         * Released
         * @description How many calls a barrier let go.
         */
        Released: {
            name: string;
            released: number;
        };
        /**
         * Replica
         * @description Whether a server takes new sandboxes. `replica` is its name in a fleet, empty where it is alone; there may be `most` sandboxes besides main; `room` is the share of what they may take that is free, 1 for all of it.
         */
        Replica: {
            /** @enum {string} */
            status: "ok" | "draining";
            replica: string;
            sandboxes: number;
            most: number;
            sockets: number;
            room: number;
        };
        /**
         * Report
         * @description A drill. While it is `running` its verdicts are those that it would have if it ended now. `reason` says why it ended, where it did not end by itself. Moments are the machine's, in ISO 8601. `seen` counts all entries, `missed` those that came when the record was full, `left_out` those that `entries` does not list.
         */
        Report: {
            id: string;
            scenario: components["schemas"]["Subject"];
            sandbox: components["schemas"]["Place"];
            /** @enum {string} */
            state: "running" | "finished" | "cancelled";
            /** @enum {string} */
            verdict: "passed" | "failed" | "inconclusive";
            reason: string;
            started_at: string;
            ended_at: string | null;
            elapsed_ms: number;
            timeout_ms: number;
            expectations: components["schemas"]["Judged"][];
            rules: components["schemas"]["Ruled"][];
            proxies: components["schemas"]["Passage"][];
            entries: components["schemas"]["Line"][];
            seen: number;
            missed: number;
            left_out: number;
        };
        /**
         * RequestEntry
         * @description A request and its answer. `at` is the sandbox's time, `duration` in seconds of the machine's. `operation` is null where nothing matched; then `nearest` names operations that were perhaps meant. `repeats` is the entry that the client's own HTTP layer sent again by this. `kept_by` says who answered, where there is a real backend too.
         */
        RequestEntry: {
            /** @constant */
            type: "request";
            number: number;
            at: string;
            sandbox: string;
            request_id: string;
            method: string;
            path: string;
            dialect: string | null;
            operation: string | null;
            status: number;
            duration: number;
            user: string | null;
            error: string | null;
            note: string | null;
            nearest: string[];
            faults: components["schemas"]["Strike"][];
            repeats: number | null;
            kept_by: string;
            leg: components["schemas"]["Leg"] | null;
        };
        /**
         * ResetDone
         * @description What a reset came to.
         */
        ResetDone: {
            message: string;
            seconds: number;
            seed: components["schemas"]["Seeding"];
        };
        /**
         * Route
         * @description A route of a dialect; `kept` says in a few words what keeps it.
         */
        Route: {
            dialect: string;
            method: string;
            path: string;
            operation: string;
            /** @enum {string} */
            access: "public" | "optional" | "signed_in";
            kept: string;
            summary: string;
        };
        /**
         * RouteList
         * @description In the order of the dialects' tables.
         */
        RouteList: {
            data: components["schemas"]["Route"][];
            total: number;
        };
        /**
         * RuleCount
         * @description How often a rule matched and struck.
         */
        RuleCount: {
            id: string;
            fault: string;
            matched: number;
            struck: number;
        };
        /**
         * Ruled
         * @description A rule, and how often it struck what the drill saw.
         */
        Ruled: {
            id: string;
            fault: string;
            struck: number;
        };
        /**
         * Said
         * @description What was done, in a sentence.
         */
        Said: {
            message: string;
        };
        /**
         * Sandbox
         * @description How to get to a sandbox (by host, path, header, query, cookie or as a bearer token), what is in it, and when it goes. `rate` is how fast its clock goes, 0 when it stands; `created_at` and `expires_at` are the machine's time.
         */
        Sandbox: {
            id: string;
            url: string;
            path_url: string;
            header: {
                [key: string]: string;
            };
            query: {
                [key: string]: string;
            };
            cookie: {
                [key: string]: string;
            };
            token: string;
            seed: number;
            time: string;
            rate: number;
            scenarios: string[];
            sockets: number;
            journal: number;
            proxies: components["schemas"]["Proxy"][];
            created_at: string;
            expires_at: string | null;
        };
        /**
         * SandboxList
         * @description `main` first, then in the order they were made.
         */
        SandboxList: {
            data: components["schemas"]["Sandbox"][];
            total: number;
        };
        /**
         * Saved
         * @description The file that a scenario was written to; `hides_shipped`: one of that name comes along with devkit.
         */
        Saved: {
            name: string;
            file: string;
            hides_shipped: boolean;
            warnings: string[];
        };
        /**
         * Scenario
         * @description A scenario with its file's keys, and the rules of those that it extends.
         */
        Scenario: {
            name: string;
            title: string;
            description: string;
            tags: string[];
            expects: number;
            source: string;
            active: boolean;
            warnings: string[];
            error?: string;
            problem?: components["schemas"]["Problem"];
            rules: {
                [key: string]: unknown;
            }[];
            expect: {
                [key: string]: unknown;
            }[];
            extends?: string[];
            departs_from?: string;
        };
        /**
         * ScenarioList
         * @description By name.
         */
        ScenarioList: {
            data: components["schemas"]["ScenarioRow"][];
            total: number;
        };
        /**
         * ScenarioRow
         * @description A scenario. `source` is `shipped`, its file, `removed` or `unsaved`; `expects` counts what it expects. One whose file is broken has an `error`, and keeps its last good version.
         */
        ScenarioRow: {
            name: string;
            title: string;
            description: string;
            tags: string[];
            expects: number;
            source: string;
            active: boolean;
            warnings: string[];
            error?: string;
            problem?: components["schemas"]["Problem"];
        };
        /**
         * SeedInShort
         * @description The number that data is drawn from; `stale`: the seed's files were edited since.
         */
        SeedInShort: {
            number: number;
            stale: boolean;
        };
        /**
         * Seeding
         * @description From where, whether its files were read anew, and how much of what there is.
         */
        Seeding: {
            folder: string;
            edited: boolean;
            counts: {
                [key: string]: number;
            };
        };
        /**
         * Session
         * @description An open session, and how many sockets it has.
         */
        Session: {
            id: string;
            user: components["schemas"]["Owner"];
            created_at: string;
            expires_at: string;
            user_agent: string | null;
            sockets: number;
        };
        /**
         * SessionList
         * @description Newest first.
         */
        SessionList: {
            data: components["schemas"]["Session"][];
            total: number;
        };
        /**
         * Settings
         * @description Settings that explain what a frontend sees.
         */
        Settings: {
            host: string;
            port: number;
            https: boolean;
            origins: string[];
            allowed_hosts: string[];
            frontend_url: string;
            auth_transport: string;
            cookies_secure: boolean | "auto";
            limits_json: number;
            limits_upload: number;
        };
        /**
         * ShownRequestEntry
         * @description A request with what passed, as long as that is kept; `began_at` is the sandbox's time, `machine_at` the machine's at the end.
         */
        ShownRequestEntry: {
            /** @constant */
            type: "request";
            number: number;
            at: string;
            sandbox: string;
            request_id: string;
            method: string;
            path: string;
            dialect: string | null;
            operation: string | null;
            status: number;
            duration: number;
            user: string | null;
            error: string | null;
            note: string | null;
            nearest: string[];
            faults: components["schemas"]["Strike"][];
            repeats: number | null;
            kept_by: string;
            leg: components["schemas"]["Leg"] | null;
            began_at?: string;
            machine_at?: string;
            request?: components["schemas"]["Message"];
            response?: components["schemas"]["Message"];
        };
        /**
         * Snapshot
         * @description What was put aside: when (the machine's time), what the clock said, bytes, and how many uploads.
         */
        Snapshot: {
            name: string;
            saved_at: string;
            time: string;
            size: number;
            uploads: number;
        };
        /**
         * SnapshotList
         * @description Newest first.
         */
        SnapshotList: {
            data: components["schemas"]["Snapshot"][];
            total: number;
        };
        /**
         * SocketEntry
         * @description A WebSocket opened or closed, or a frame passed; `direction` says which.
         */
        SocketEntry: {
            /** @constant */
            type: "socket";
            number: number;
            at: string;
            sandbox: string;
            connection_id: string;
            /** @enum {string} */
            direction: "open" | "in" | "out" | "close" | "refused" | "struck" | "lost";
            user: string | null;
            frame: string | null;
            code: number | null;
            faults: components["schemas"]["Strike"][];
            repeats: number | null;
            note: string | null;
        };
        /**
         * Source
         * @description A scenario's file as it is now.
         */
        Source: {
            name: string;
            file: string;
            shipped: boolean;
            text: string;
            problem: components["schemas"]["Problem"] | null;
        };
        /**
         * Status
         * @description The server, and the sandbox that the call means. `rows` are those of a contract of somebody's own, `lacks` what such a contract does not have of ours.
         */
        Status: {
            version: string;
            pid: number;
            url: string;
            sandbox: string;
            time: string;
            database: string;
            uptime_seconds: number;
            dialects: string[];
            settings: components["schemas"]["Settings"];
            rows: {
                [key: string]: number;
            };
            lacks: string[];
            counts: components["schemas"]["Counts"];
            memory: components["schemas"]["MemoryInShort"];
            proxies: components["schemas"]["Proxy"][];
            upstream: components["schemas"]["Upstream"] | null;
            seed: components["schemas"]["SeedInShort"];
            test_user: components["schemas"]["Credentials"];
            test_users: components["schemas"]["TestUser"][];
            api_key: string | null;
        };
        /**
         * Strike
         * @description A fault that struck: `rule` is `scenario/rule`; `number` counts the rule's strikes; `draw` is what probability drew.
         */
        Strike: {
            rule: string;
            kind: string;
            number: number;
            draw: number | null;
        };
        /**
         * StrikeLine
         * @description A fault that struck an entry: `rule` is `scenario/rule`; `number` counts the rule's strikes.
         */
        StrikeLine: {
            rule: string;
            kind: string;
            number: number;
        };
        /**
         * Subject
         * @description The scenario that was played.
         */
        Subject: {
            name: string;
            title: string;
            description: string;
        };
        /**
         * Task
         * @description A task; `user` is an email.
         */
        Task: {
            id: string;
            user: string;
            title: string;
            description: string | null;
            completed: boolean;
            priority: string;
            due_date: string | null;
            created_at: string;
            updated_at: string;
        };
        /**
         * TaskList
         * @description Newest first.
         */
        TaskList: {
            data: components["schemas"]["Task"][];
            total: number;
        };
        /**
         * TestUser
         * @description A seeded user to sign in as, and what is special about them.
         */
        TestUser: {
            email: string;
            password: string;
            verified: boolean;
            role: string;
        };
        /** Told */
        Told: {
            name: string;
            /** @enum {string} */
            in: "path" | "query" | "body";
            type: string;
            required: boolean;
            default: unknown;
            summary: string;
        };
        /**
         * Upload
         * @description An upload; `user` is an email, `size` in bytes.
         */
        Upload: {
            id: string;
            user: string;
            filename: string;
            content_type: string;
            size: number;
            sha256: string;
            created_at: string;
        };
        /**
         * UploadList
         * @description Newest first.
         */
        UploadList: {
            data: components["schemas"]["Upload"][];
            total: number;
        };
        /**
         * Upstream
         * @description The real backend; `trouble` is the end of a sentence about it, `since` when it was seen first.
         */
        Upstream: {
            url: string;
            /** @enum {string} */
            state: "up" | "down" | "unknown";
            trouble: string;
            since: string | null;
        };
        /**
         * User
         * @description A user, and how much they have.
         */
        User: {
            id: string;
            email: string;
            name: string;
            role: string;
            email_verified: boolean;
            created_at: string;
            sessions: number;
            tasks: number;
            uploads: number;
        };
        /**
         * UserList
         * @description In the order they were made.
         */
        UserList: {
            data: components["schemas"]["User"][];
            total: number;
        };
        /**
         * VerifyExchange
         * @description A request as a curl line, and what came.
         */
        VerifyExchange: {
            curl: string;
            status?: number;
            headers?: string[];
            body?: string;
            trouble?: string;
            frames?: components["schemas"]["VerifyFrame"][];
        };
        /**
         * VerifyFinding
         * @description A verdict with what shows it, where it did not pass.
         */
        VerifyFinding: {
            id: string;
            suite: string;
            asks: string;
            why: string;
            /** @enum {string} */
            verdict: "passed" | "failed" | "inconclusive" | "skipped";
            reason: string;
            seconds: number;
            evidence?: components["schemas"]["VerifyExchange"][];
        };
        /** VerifyFrame */
        VerifyFrame: {
            from: string;
            text: string;
        };
        /**
         * VerifyPlace
         * @description Something that can be measured.
         */
        VerifyPlace: {
            /** @enum {string} */
            id: "here" | "upstream";
            url: string;
        };
        /**
         * VerifyRun
         * @description A run; `verdict`, `summary` and `seconds` are there once it has ended, `trouble` where nothing could be asked.
         */
        VerifyRun: {
            /** @enum {string} */
            state: "running" | "ended";
            place: string;
            url: string;
            contract: string;
            read_only: boolean;
            started_at: string;
            total: number;
            checks: components["schemas"]["VerifyVerdict"][];
            counts: {
                [key: string]: number;
            };
            verdict: ("passed" | "failed" | "inconclusive") | null;
            summary: string | null;
            seconds: number | null;
            trouble: string | null;
            reports: string[];
        };
        /**
         * VerifyVerdict
         * @description What became of a check.
         */
        VerifyVerdict: {
            id: string;
            suite: string;
            asks: string;
            why: string;
            /** @enum {string} */
            verdict: "passed" | "failed" | "inconclusive" | "skipped";
            reason: string;
            seconds: number;
        };
        /**
         * Verifying
         * @description What can be measured, by what, and the run that is under way or was the last one.
         */
        Verifying: {
            places: components["schemas"]["VerifyPlace"][];
            contracts: string[];
            run: components["schemas"]["VerifyRun"] | null;
        };
    };
    responses: {
        /** @description It was not done, and why */
        Failure: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failure"];
            };
        };
    };
    parameters: {
        /** @description The sandbox that is meant */
        SandboxHeader: string;
        /** @description The same */
        SandboxQuery: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "control.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Listing"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "control.openapi": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "state.status": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "state.memory": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Memory"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "state.reset": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResetDone"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.create": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description How it is called, and its host name: a-z, 0-9, dashes; drawn if left out */
                    id?: string;
                    /** @description The number its data is drawn from */
                    seed?: number;
                    /** @description Scenarios that are on in it */
                    scenarios?: string[];
                    /**
                     * Format: date-time
                     * @description What its clock says at first, and after a reset
                     */
                    time?: string;
                    /**
                     * @description Whether its clock stands still
                     * @default false
                     */
                    frozen?: boolean;
                    /**
                     * @description After this time it removes itself, such as 30m
                     * @example 30s
                     * @example 1m30s
                     */
                    ttl?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeSandbox"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The sandbox's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sandbox"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.delete": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The sandbox's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.off_all": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Named"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scenario"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.save": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The scenario as JSON, with the keys of the file */
                    scenario?: {
                        [key: string]: unknown;
                    };
                    /** @description Or as the YAML that the file shall hold */
                    text?: string;
                    /**
                     * @description Whether a file of that name may be overwritten
                     * @default false
                     */
                    replace?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Saved"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.use": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Off again after this time of the sandbox's, such as 5m
                     * @example 30s
                     * @example 1m30s
                     */
                    ttl?: string;
                    /**
                     * @description Even where it ends the dev server that the calls come through, or nothing of it can act
                     * @default false
                     */
                    force?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activation"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.off": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Named"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.active": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activation"][];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.check": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The scenario as JSON, with the keys of the file */
                    scenario?: {
                        [key: string]: unknown;
                    };
                    /** @description Or as the YAML that the file shall hold */
                    text?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checked"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.try": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description The scenario as JSON, with the keys of the file */
                    scenario?: {
                        [key: string]: unknown;
                    };
                    /** @description Or as the YAML that the file shall hold */
                    text?: string;
                    /**
                     * @description Off again after this time of the sandbox's, such as 5m
                     * @example 30s
                     * @example 1m30s
                     */
                    ttl?: string;
                    /**
                     * @description Even where it ends the dev server that the calls come through, or nothing of it can act
                     * @default false
                     */
                    force?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activation"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "scenario.source": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Source"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "fault.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FaultList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.advance": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description How far, such as 2h or -5m
                     * @example 2h
                     * @example -5m
                     */
                    by: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.freeze": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Where it stands from now on; where it is if left out
                     */
                    at?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.set": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description What it says from now on
                     */
                    at: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.run": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description How many of its seconds pass in one of the machine's
                     * @default 1
                     */
                    rate?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "clock.reset": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClockShown"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "snapshot.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SnapshotList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "snapshot.save": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The snapshot's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "snapshot.delete": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The snapshot's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "snapshot.restore": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The snapshot's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description At most so many */
                limit?: number;
                /** @description Only requests, mails or sockets */
                type?: "request" | "mail" | "socket";
                /** @description Only requests for these operations, such as tasks.* */
                operation?: string;
                /** @description Only requests answered with this status: 404, or 4xx */
                status?: string;
                /** @description Only what a fault of this kind, or rule, struck, such as http.* */
                fault?: string;
                /** @description Only what this user did, or was sent, by email */
                user?: string;
                /** @description Only requests to these paths, such as /api/tasks* */
                path?: string;
                /** @description Only entries with a higher number */
                after?: number;
                /** @description Only entries with a lower number */
                before?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.clear": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.follow": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only requests, mails or sockets */
                type?: "request" | "mail" | "socket";
                /** @description Only requests for these operations, such as tasks.* */
                operation?: string;
                /** @description Only requests answered with this status: 404, or 4xx */
                status?: string;
                /** @description Only what a fault of this kind, or rule, struck, such as http.* */
                fault?: string;
                /** @description Only what this user did, or was sent, by email */
                user?: string;
                /** @description Only requests to these paths, such as /api/tasks* */
                path?: string;
                /** @description Begin with the entries that have a higher number */
                after?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket that tells each as JSON */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.wait": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Only requests, mails or sockets
                     * @enum {string}
                     */
                    type?: "request" | "mail" | "socket";
                    /** @description Only requests for these operations, such as tasks.* */
                    operation?: string;
                    /** @description Only requests answered with this status: 404, or 4xx */
                    status?: string;
                    /** @description Only what a fault of this kind, or rule, struck, such as http.* */
                    fault?: string;
                    /** @description Only what this user did, or was sent, by email */
                    user?: string;
                    /** @description Only requests to these paths, such as /api/tasks* */
                    path?: string;
                    /**
                     * @description Only entries with a higher number
                     * @default 0
                     */
                    after?: number;
                    /**
                     * @description How long to wait, such as 5s
                     * @default 10s
                     * @example 30s
                     * @example 1m30s
                     */
                    timeout?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestEntry"] | components["schemas"]["MailEntry"] | components["schemas"]["SocketEntry"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The entry's number */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownRequestEntry"] | components["schemas"]["MailEntry"] | components["schemas"]["SocketEntry"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "journal.keep": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The entry's number */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Example"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "user.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description A part of name or address */
                q?: string;
                /** @description At most so many */
                limit?: number;
                /** @description Leave out so many */
                offset?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "session.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only this user's, by email */
                user?: string;
                /** @description At most so many */
                limit?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "session.expire": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The session's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Which of its tokens
                     * @default access
                     * @enum {string}
                     */
                    token?: "access" | "refresh" | "both";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "session.revoke": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The session's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "token.mint": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Whose, by email; the seeded test user's if left out */
                    user?: string;
                    /**
                     * @description How long it lives, such as 5m
                     * @default 1d
                     * @example 30s
                     * @example 1m30s
                     */
                    lifetime?: string;
                    /**
                     * @description Whether its time is over already
                     * @default false
                     */
                    expired?: boolean;
                    /**
                     * @description What is wrong with it
                     * @enum {string}
                     */
                    defect?: "signature" | "issuer" | "audience" | "algorithm" | "not_before" | "malformed";
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Minted"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "task.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only this user's, by email */
                user?: string;
                /** @description A part of title or description */
                q?: string;
                /** @description At most so many */
                limit?: number;
                /** @description Leave out so many */
                offset?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "upload.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only this user's, by email */
                user?: string;
                /** @description At most so many */
                limit?: number;
                /** @description Leave out so many */
                offset?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "upload.arriving": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArrivingList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "model.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "model.start": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The model's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelChanged"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "model.stop": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The model's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelChanged"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "mail.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only mails to this address, in any case */
                to?: string;
                /** @description At most so many */
                limit?: number;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "mail.clear": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "mail.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The mail's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Mail"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "connection.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectionList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "connection.close": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The connection's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description With which close code
                     * @default 1000
                     */
                    code?: number;
                    /**
                     * @description With which reason, 123 bytes at most
                     * @default
                     */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "event.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "event.push": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Where it is told: notifications, tasks, upload:<id> … */
                    topic: string;
                    /**
                     * @description Its fields, in the contract's names; what can be made up may be left out
                     * @default {}
                     */
                    payload?: {
                        [key: string]: unknown;
                    };
                    /** @description Which event; not needed where the topic has only one */
                    type?: string;
                    /** @description Whose event it is, by email; everybody's if left out */
                    user?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pushed"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "barrier.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BarrierList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "barrier.release": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The barrier's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Released"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.list": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrillList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.start": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The scenario's name */
                    scenario: string;
                    /** @description The sandbox to drill in; that which the call means where left out */
                    sandbox?: string;
                    /**
                     * @description Make a sandbox for it (of that name)
                     * @default false
                     */
                    fresh?: boolean;
                    /**
                     * @description How long it takes at the most: 1m, or what the scenario needs, where left out
                     * @example 30s
                     * @example 1m30s
                     */
                    timeout?: string;
                    /**
                     * @description End as soon as every verdict is final
                     * @default true
                     */
                    early?: boolean;
                    /**
                     * @description Even where it ends the dev server that the calls come through, or nothing of it can act
                     * @default false
                     */
                    force?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.delete": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Said"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.follow": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket that tells each as JSON */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.finish": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.html": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "drill.junit": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The drill's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/xml": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verifying"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.start": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description upstream, the real backend, where there is one; or here, this sandbox */
                    place?: string;
                    /** @description What it is measured by: one of those that `verify.show` tells */
                    contract?: string;
                    /** @description Only these, such as cors */
                    suites?: string[];
                    /**
                     * @description Ask only what changes nothing
                     * @default false
                     */
                    read_only?: boolean;
                    /** @description EMAIL:PASSWORD of who signs in; a second is somebody else */
                    users?: string[];
                    /**
                     * @description Here: turn the sandbox's clock where a check needs time to pass, and reach its rate limit
                     * @default false
                     */
                    arrange?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verifying"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.cancel": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verifying"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.follow": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket that tells each as JSON */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.check": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The check's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerifyFinding"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.report": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description html, json, junit or sarif */
                kind: "html" | "junit" | "sarif" | "json";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": unknown;
                    "application/xml": unknown;
                    "application/json": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "verify.arrange": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Which
                     * @enum {string}
                     */
                    state: "time-passed" | "rate-limited";
                    /**
                     * @description setup, or teardown at the end of the check
                     * @default setup
                     * @enum {string}
                     */
                    action?: "setup" | "teardown";
                    /**
                     * @description How much time
                     * @default 0
                     */
                    seconds?: number;
                    /** @description Who is signed in; all are meant here */
                    users?: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Arranged"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "contract.routes": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RouteList"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "contract.openapi": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only this dialect; all that are served when left out */
                dialect?: string;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "contract.asyncapi": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description Only this dialect; all that are served when left out */
                dialect?: string;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "keep.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Kept"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "keep.change": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Globs over names of operations, with who keeps them, such as {tasks.*: mock}: real, mock, recording or fallback; of several that fit the last one counts */
                    rules: {
                        [key: string]: unknown;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Kept"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "recording.show": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "recording.start": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Of its folder, below `recordings` in the state folder; the time if left out */
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "recording.stop": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "recording.download": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description Of its folder */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.export": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description With its journal, to be read */
                journal?: boolean;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path: {
                /** @description The sandbox's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "sandbox.import": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
                /** @description How it is called here */
                id?: string;
                /** @description After this time it removes itself, such as 30m */
                ttl?: string;
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/zip": unknown;
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeSandbox"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "fleet.health": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "fleet.ready": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "fleet.drain": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Whether it is drained
                     * @default true
                     */
                    on?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replica"];
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    "fleet.metrics": {
        parameters: {
            query?: {
                /** @description The same */
                devkit_sandbox?: components["parameters"]["SandboxQuery"];
            };
            header?: {
                /** @description The sandbox that is meant */
                "X-Devkit-Sandbox"?: components["parameters"]["SandboxHeader"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
}
