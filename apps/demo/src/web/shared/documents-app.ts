import type { JobView, TerminalJobView } from '@offstage/core';
import { HttpJobClient } from '@offstage/http/client';
import { createApi, type Problem } from '../api.ts';
import { Announcer } from './announcer.ts';
import { Connection } from './connection.ts';
import { Cookies, cookiesProblem } from './cookies.ts';
import { CorpusSettings } from './corpus-settings.ts';
import { currentGen } from './corpus-words.ts';
import { DocumentPages } from './document-pages.ts';
import { DoneNotifier } from './done-notifier.ts';
import { EventLog } from './event-log.ts';
import { outcomeOf, progressSentence, statusLabel } from './job-words.ts';
import { Notices } from './notices.ts';
import { OpenDocument } from './open-document.ts';
import { Pace } from './pace.ts';
import { PendingChange } from './pending-change.ts';
import { Removal } from './removal.ts';
import { Replacing } from './replacing.ts';
import { asApiError, Resource } from './resource.ts';
import { Router } from './router.ts';
import { SearchSession } from './search-session.ts';
import { SeenJobs } from './seen-jobs.ts';
import { Selection } from './selection.ts';
import { watchKeys } from './shortcuts.ts';
import { ThemeStore } from './theme.ts';
import { UploadQueue } from './upload-queue.ts';

/**
 * All that outlives a page: what the server knows, uploads under way, notices. Jobs are not here; the
 * pages watch them by the hooks or the stores of their framework, over `jobs`.
 *
 * Made once, before anything is shown. `base` is the pages' path, such as `/react`.
 */
export class DocumentsApp {
  readonly api = createApi();
  readonly jobs = new HttpJobClient({ baseUrl: '/jobs' });
  readonly router: Router;
  readonly theme = new ThemeStore();
  readonly connection = new Connection();
  readonly cookies = new Cookies();
  readonly announcer = new Announcer();
  readonly notices = new Notices();
  readonly notifier = new DoneNotifier();
  readonly pace = new Pace();
  /** Jobs whose end was told. */
  readonly told = new SeenJobs('offstage.told');
  /** Jobs whose card was put away. */
  readonly putAway = new SeenJobs('offstage.put-away');
  readonly documents = new DocumentPages(this.api);
  readonly openDocument = new OpenDocument(this.api);
  readonly search = new SearchSession(this.api);
  readonly log = new EventLog();
  readonly corpus = new Resource((signal) => this.api.corpus({ signal }), {
    intervalMs: (corpus) => (corpus?.busy ? 1000 : 3000),
    onLook: (error) => {
      this.connection.note(error);
      const { data } = this.corpus.get();
      if (error !== undefined || data === undefined) return;
      this.change.onLook(data.busy);
      this.cookies.onLook(data.session, this.corpus.refetch);
    },
  });
  readonly versions = new Resource((signal) => this.api.versions({ signal }));
  readonly interruptions = new Resource((signal) => this.api.interruptions({ signal }));
  readonly change = new PendingChange(this.api, () => this.corpus.refetch());
  readonly replacing = new Replacing(this.api, (add) => this.change.ask({ add }));
  readonly selection = new Selection();
  readonly removal = new Removal(this.change);
  readonly settings = new CorpusSettings(this.api, () => {
    this.corpus.refetch();
    this.versions.refetch();
    this.search.again();
  });
  readonly uploads = new UploadQueue({
    api: this.api,
    limits: async () => {
      const limits = (await this.corpus.first())?.limits;
      if (this.cookies.get() === 'missing') return cookiesProblem;
      return limits ?? unreachable;
    },
    onArrived: (uploads) => this.replacing.look(uploads),
  });

  constructor(base: string) {
    this.router = new Router(base);
  }

  /** Begins to follow the server and the address. Returns the way to stop. */
  readonly start = (): (() => void) => {
    let version: string | null | undefined;
    const stops = [
      this.router.start(),
      watchKeys({ '/': () => this.router.go('search', 'query') }),
      this.#askBeforeLeaving(),
      this.interruptions.subscribe(() => {}),
      this.corpus.subscribe(({ data }) => {
        if (data === undefined) return;
        const now = data.current?.version ?? null;
        if (now === version) return;
        version = now;
        this.#onVersion(now);
      }),
      this.connection.subscribe((state) => {
        // The server may be another process by now, which tells what the last one left undone.
        if (state === 'online') this.interruptions.refetch();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };

  /** Called for the end of each of the session's changes; tells it once per browser. */
  readonly onSettled = (job: TerminalJobView): void => {
    this.change.onEnded(job.id, job.status === 'succeeded');
    this.router.showPercent(null);
    this.corpus.refetch();
    this.versions.refetch();
    if (this.told.has(job.id)) return;
    this.told.add(job.id);
    const outcome = outcomeOf(job, currentGen(this.corpus.get().data));
    if (outcome === undefined) return;
    this.announcer.say(`${outcome.title}. ${outcome.text}`.trimEnd());
    this.notices.tell({ key: job.id, ...outcome });
    this.notifier.tell(outcome.title, outcome.text);
  };

  /** Called for each new view of a job at work; says now and then how it goes. */
  readonly onProgress = (job: JobView, isCanceling: boolean): void => {
    const { id, progress, status } = job;
    this.change.onShown(id);
    this.pace.note(id, progress?.percent ?? null, progress?.message ?? '');
    this.router.showPercent(status === 'running' ? (progress?.percent ?? null) : null);
    if (status === 'running' && !isCanceling) {
      this.announcer.sayProgress(progressSentence(progress?.phase, progress?.percent ?? null));
    } else this.announcer.say(statusLabel(job, isCanceling).text);
  };

  /** Puts the card of a change that is over away. */
  readonly putAwayJob = (jobId: string): void => {
    this.putAway.add(jobId);
    this.notices.dismiss(jobId);
  };

  /** Throws files away that have arrived. */
  readonly dropUploads = async (uploads: readonly string[]): Promise<void> => {
    await Promise.allSettled(uploads.map((upload) => this.api.dropUpload(upload)));
    this.corpus.refetch();
  };

  /** Chooses all that the list means, also out of view. */
  readonly chooseAll = (): Promise<void> =>
    this.documents.ids().then(this.selection.choose, () => undefined);

  /** Tries documents again that could not be read: for that reason alone, or all of them. */
  readonly retryFailed = (reason?: string): Promise<void> =>
    this.#withFailed(reason, (ids) => this.change.ask({ retry: ids }));

  /** Asks whether these are to be removed. */
  readonly removeFailed = (reason?: string): Promise<void> =>
    this.#withFailed(reason, (ids) => this.removal.set({ ids }));

  /** Makes an older version current again (D4, D5). Resolves to whether it is. */
  readonly rollback = async (gen: number): Promise<boolean> => {
    try {
      const { gen: next } = await this.api.rollback(gen);
      const title = `Version ${gen} is current again, as version ${next}`;
      this.notices.tell({
        key: 'rollback',
        tone: 'good',
        title,
        text: 'Search answers from it now.',
      });
      this.announcer.say(title);
      return true;
    } catch (error) {
      const { message } = asApiError(error);
      const title = `Version ${gen} was not made current`;
      this.notices.tell({ key: 'rollback', tone: 'bad', title, text: message });
      this.announcer.say(`${title}. ${message}`);
      return false;
    } finally {
      this.corpus.refetch();
      this.versions.refetch();
    }
  };

  async #withFailed(
    reason: string | undefined,
    use: (ids: readonly string[]) => void,
  ): Promise<void> {
    try {
      use(await this.documents.idsOfFailed(reason));
    } catch (error) {
      const { message } = asApiError(error);
      this.notices.tell({
        key: 'failed',
        tone: 'bad',
        title: 'Nothing was started',
        text: message,
      });
    }
  }

  /** Files on their way are lost with the page. */
  #askBeforeLeaving(): () => void {
    const ask = (event: BeforeUnloadEvent): void => {
      if (this.uploads.get().status !== 'idle') event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }

  #onVersion(version: string | null): void {
    this.documents.show(version);
    this.selection.clear();
    this.versions.refetch();
    this.search.again();
  }
}

const unreachable: Problem = {
  code: 'offline',
  message: 'The server could not be reached, so it was not sent. Add it again.',
};
